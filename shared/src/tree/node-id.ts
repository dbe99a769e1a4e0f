/**
 * A node of the reduction tree over the virtual workers of one step: node (level, index) is the sum over virtual
 * workers [index * 2^level, (index + 1) * 2^level). The tree's shape is the definition of the sum, so the bits of
 * the root depend neither on who computed a node nor on the order of arrival.
 */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

export function nodeKey(node: NodeId): string {
  return `${node.level}:${node.index}`;
}

export function numVirtualWorkersOf(node: NodeId): number {
  return 2 ** node.level;
}

export function firstVirtualWorkerOf(node: NodeId): number {
  return node.index * 2 ** node.level;
}

export function parentOf(node: NodeId): NodeId {
  return { level: node.level + 1, index: Math.floor(node.index / 2) };
}

export function siblingOf(node: NodeId): NodeId {
  return { level: node.level, index: node.index % 2 === 0 ? node.index + 1 : node.index - 1 };
}

export function isLeftChild(node: NodeId): boolean {
  return node.index % 2 === 0;
}

export function contains(outer: NodeId, inner: NodeId): boolean {
  return (
    inner.level <= outer.level && Math.floor(inner.index / 2 ** (outer.level - inner.level)) === outer.index
  );
}

export function overlaps(a: NodeId, b: NodeId): boolean {
  return contains(a, b) || contains(b, a);
}

/** The root of a run with `numVirtualWorkers` (a power of two). */
export function rootOf(numVirtualWorkers: number): NodeId {
  return { level: Math.log2(numVirtualWorkers), index: 0 };
}

/** The fewest aligned nodes that cover the virtual workers [first, first + count). */
export function alignedNodesOf(first: number, count: number): NodeId[] {
  const nodes: NodeId[] = [];
  let position = first;
  let left = count;
  while (left > 0) {
    let level = 0;
    while (position % 2 ** (level + 1) === 0 && 2 ** (level + 1) <= left) level += 1;
    nodes.push({ level, index: position / 2 ** level });
    position += 2 ** level;
    left -= 2 ** level;
  }
  return nodes;
}
