import { type GraphNode, nodeNameOf } from '../graph/graph-proto.ts';
import { type ElementwiseNode, isReduction } from './elementwise-node.ts';

/** Element-wise nodes that go through the same elements, in the graph's order, so that one pass can do them all. */
export type Cluster = readonly ElementwiseNode[];

/**
 * Gathers element-wise nodes into clusters, as large as they can be without one waiting for itself: no path may leave a
 * cluster and come back to it.
 * @param nodes in an order of execution
 */
export function clustersOf(
  nodes: readonly GraphNode[],
  elementwise: ReadonlyMap<string, ElementwiseNode>,
): readonly Cluster[] {
  const consumers = consumersOf(nodes, elementwise);
  const clusterOf = new Map<string, Set<string>>();
  const isSum = (name: string) => isReduction(elementwise.get(name)?.opcode);
  for (const node of nodes) {
    const read = elementwise.get(node.name);
    if (read === undefined) continue;
    let members = new Set([node.name]);
    for (const operand of read.operands) {
      const other = operand.kind === 'full' ? clusterOf.get(operand.source) : undefined;
      if (other === undefined || members.has([...other][0] ?? '')) continue;
      const merged = new Set([...other, ...members]);
      if (isOneSize(merged, elementwise) && !returns(merged, consumers, clusterOf, isSum)) members = merged;
    }
    for (const member of members) clusterOf.set(member, members);
  }
  const order = new Map(nodes.map(({ name }, i) => [name, i]));
  const positionOf = ({ name }: ElementwiseNode) => order.get(name) ?? 0;
  return [...new Set(clusterOf.values())]
    .map((members) => [...members].flatMap((name) => elementwise.get(name) ?? []))
    .map((cluster) => cluster.sort((a, b) => positionOf(a) - positionOf(b)));
}

/** By node, the nodes that take something of it; element-wise ones take it past mere changes of shape. */
function consumersOf(
  nodes: readonly GraphNode[],
  elementwise: ReadonlyMap<string, ElementwiseNode>,
): ReadonlyMap<string, readonly string[]> {
  const consumers = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  for (const node of nodes) {
    for (const source of inputsOf(node, elementwise)) consumers.get(nodeNameOf(source))?.push(node.name);
  }
  return consumers;
}

export function inputsOf(
  node: GraphNode,
  elementwise: ReadonlyMap<string, ElementwiseNode>,
): readonly string[] {
  const read = elementwise.get(node.name);
  return read === undefined
    ? node.input
    : read.operands.flatMap((operand) => (operand.kind === 'constant' ? [] : operand.source));
}

function isOneSize(members: ReadonlySet<string>, elementwise: ReadonlyMap<string, ElementwiseNode>): boolean {
  const read = [...members].flatMap((name) => elementwise.get(name) ?? []);
  const columns = read.flatMap((node) => node.columns ?? []);
  return new Set(read.map(({ size }) => size)).size === 1 && new Set(columns).size <= 1;
}

/**
 * Whether something that is not of `members` takes of them and gives to them, other clusters being one thing each. A sum
 * is known only when all is gone through, so whoever takes one is not of them.
 */
function returns(
  members: ReadonlySet<string>,
  consumers: ReadonlyMap<string, readonly string[]>,
  clusterOf: ReadonlyMap<string, ReadonlySet<string>>,
  isSum: (name: string) => boolean,
): boolean {
  const seen = new Set<string>();
  const next = [...members].flatMap((name) =>
    (consumers.get(name) ?? []).filter((each) => isSum(name) || !members.has(each)),
  );
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    if (members.has(name)) return true;
    if (seen.has(name)) continue;
    for (const each of clusterOf.get(name) ?? [name]) {
      seen.add(each);
      next.push(...(consumers.get(each) ?? []));
    }
  }
  return false;
}
