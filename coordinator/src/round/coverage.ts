import {
  alignedNodesOf,
  firstVirtualWorkerOf,
  type NodeId,
  numVirtualWorkersOf,
  rootOf,
} from '@atelier/shared/tree/node-id';

export interface AcceptedNode {
  readonly node: NodeId;
  readonly worker: string;
}

/** What a node would add: nothing of it is there yet, all of it, or a part. 'outside': no node of this tree. */
export type Relation = 'free' | 'covered' | 'partly-covered' | 'outside';

/** Which virtual workers of one step are in. Accepted nodes never overlap, so each is counted exactly once. */
export class Coverage {
  readonly #root: NodeId;
  readonly #isCovered: Uint8Array;
  readonly #accepted: AcceptedNode[] = [];
  #numCovered = 0;

  constructor(numVirtualWorkers: number) {
    this.#root = rootOf(numVirtualWorkers);
    this.#isCovered = new Uint8Array(numVirtualWorkers);
  }

  get numCovered(): number {
    return this.#numCovered;
  }

  get isComplete(): boolean {
    return this.#numCovered === this.#isCovered.length;
  }

  /** In the order of their virtual workers. */
  get nodes(): AcceptedNode[] {
    return this.#accepted.toSorted((a, b) => firstVirtualWorkerOf(a.node) - firstVirtualWorkerOf(b.node));
  }

  relationOf(node: NodeId): Relation {
    if (!this.#isInside(node)) return 'outside';
    const size = numVirtualWorkersOf(node);
    const first = firstVirtualWorkerOf(node);
    let covered = 0;
    for (let v = first; v < first + size; v += 1) covered += this.#isCovered[v] ?? 0;
    if (covered === 0) return 'free';
    return covered === size ? 'covered' : 'partly-covered';
  }

  /** The node must be free. */
  accept(node: NodeId, worker: string): void {
    const first = firstVirtualWorkerOf(node);
    this.#isCovered.fill(1, first, first + numVirtualWorkersOf(node));
    this.#numCovered += numVirtualWorkersOf(node);
    this.#accepted.push({ node, worker });
  }

  /** The fewest nodes that hold what is neither accepted nor in `held`. */
  missing(held: readonly NodeId[]): NodeId[] {
    const taken = this.#isCovered.slice();
    for (const node of held) {
      taken.fill(1, firstVirtualWorkerOf(node), firstVirtualWorkerOf(node) + numVirtualWorkersOf(node));
    }
    const nodes: NodeId[] = [];
    for (let first = taken.indexOf(0); first !== -1; ) {
      const next = taken.indexOf(1, first);
      const end = next === -1 ? taken.length : next;
      nodes.push(...alignedNodesOf(first, end - first));
      first = taken.indexOf(0, end);
    }
    return nodes;
  }

  #isInside({ level, index }: NodeId): boolean {
    return (
      Number.isInteger(level) &&
      Number.isInteger(index) &&
      level >= 0 &&
      index >= 0 &&
      level <= this.#root.level &&
      index < 2 ** (this.#root.level - level)
    );
  }
}
