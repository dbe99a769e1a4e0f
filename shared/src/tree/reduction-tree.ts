import { CodedError } from '../errors/coded-error.ts';
import { contains, isLeftChild, type NodeId, nodeKey, overlaps, parentOf, siblingOf } from './node-id.ts';

export type ReductionErrorCode = 'bad-node' | 'overlap' | 'incomplete';

export class ReductionError extends CodedError<ReductionErrorCode> {}

/** How values are summed and given back: buffers in kernel memory at the coordinator, plain arrays in a worker. */
export interface ReductionArithmetic<Value> {
  /** left += right */
  add(left: Value, right: Value): void;
  /** The tree needs the value no more. */
  release(value: Value): void;
}

/**
 * The sum of one step below one node: the whole tree at the coordinator, a block's subtree in a worker. Siblings are
 * added as they meet, left + right, so the bits are the tree's and not the arrival's. The tree owns what it is given.
 * Nodes that arrive in order leave at most one waiting per level.
 */
export class ReductionTree<Value> {
  readonly root: NodeId;
  readonly #arithmetic: ReductionArithmetic<Value>;
  readonly #waiting = new Map<string, { readonly node: NodeId; readonly value: Value }>();

  constructor(root: NodeId, arithmetic: ReductionArithmetic<Value>) {
    this.root = root;
    this.#arithmetic = arithmetic;
  }

  /** Sums that wait for their sibling. */
  get numWaiting(): number {
    return this.#waiting.size;
  }

  /** Of which they are the sums. */
  get waiting(): NodeId[] {
    return [...this.#waiting.values()].map(({ node }) => node);
  }

  get isComplete(): boolean {
    return this.#waiting.has(nodeKey(this.root));
  }

  /** Whether all of the node is counted. */
  holds(node: NodeId): boolean {
    return [...this.#waiting.values()].some(({ node: other }) => contains(other, node));
  }

  /** Drops the sums of which the node is made: the node itself comes in their place. */
  dropBelow(node: NodeId): void {
    for (const [key, { node: other, value }] of this.#waiting) {
      if (!contains(node, other)) continue;
      this.#waiting.delete(key);
      this.#arithmetic.release(value);
    }
  }

  /**
   * Takes the sum at `node`; refused, it stays the caller's.
   * @throws ReductionError 'bad-node' for a node outside the tree, 'overlap' for one already counted
   */
  add(node: NodeId, value: Value): void {
    if (!isNode(node) || !contains(this.root, node)) {
      throw new ReductionError(
        'bad-node',
        `node ${nodeKey(node)} is not in the tree below ${nodeKey(this.root)}`,
      );
    }
    for (const { node: other } of this.#waiting.values()) {
      if (overlaps(other, node)) {
        throw new ReductionError('overlap', `node ${nodeKey(node)} is counted already, in ${nodeKey(other)}`);
      }
    }
    let merged = { node, value };
    while (merged.node.level < this.root.level) {
      const sibling = this.#waiting.get(nodeKey(siblingOf(merged.node)));
      if (sibling === undefined) break;
      this.#waiting.delete(nodeKey(sibling.node));
      const [left, right] = isLeftChild(merged.node)
        ? [merged.value, sibling.value]
        : [sibling.value, merged.value];
      this.#arithmetic.add(left, right);
      this.#arithmetic.release(right);
      merged = { node: parentOf(merged.node), value: left };
    }
    this.#waiting.set(nodeKey(merged.node), merged);
  }

  /**
   * The sum at the root, now the caller's; the tree is empty again.
   * @throws ReductionError 'incomplete'
   */
  takeRoot(): Value {
    const root = this.#waiting.get(nodeKey(this.root));
    if (root === undefined) {
      const present = [...this.#waiting.keys()].join(', ') || 'nothing';
      throw new ReductionError(
        'incomplete',
        `the sum at ${nodeKey(this.root)} is not complete: it has ${present}`,
      );
    }
    this.#waiting.clear();
    return root.value;
  }

  /** Drops what has arrived. */
  clear(): void {
    for (const { value } of this.#waiting.values()) this.#arithmetic.release(value);
    this.#waiting.clear();
  }
}

function isNode({ level, index }: NodeId): boolean {
  return Number.isInteger(level) && Number.isInteger(index) && level >= 0 && index >= 0;
}
