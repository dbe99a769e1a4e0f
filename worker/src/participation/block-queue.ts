import type { SegmentName } from '@atelier/shared/memory/segment';
import { type NodeId, nodeKey } from '@atelier/shared/tree/node-id';
import type { Formation } from '../grpc/sliced-plane.ts';

/** Version of a group that a step must be computed with. */
export interface GroupVersion {
  readonly group: string;
  readonly version: number;
  /** Where they lie, or the difference from the version before; without it they have to be asked for. */
  readonly segment?: SegmentName | null;
  readonly isDifference?: boolean;
}

export interface AssignedBlock {
  readonly step: number;
  readonly node: NodeId;
  readonly parameters: readonly GroupVersion[];
  /** Undefined: the coordinator is the reducer. */
  readonly reducers: Formation | undefined;
  /** Aborts when the step is over: what was begun for it is of no use any more. */
  readonly signal: AbortSignal;
}

/** The blocks that this worker was given and has not begun. Only one step is alive at a time. */
export class BlockQueue {
  #step: number | undefined;
  #formation: string | undefined;
  #waiting: AssignedBlock[] = [];
  #nodes: NodeId[] = [];
  #stepIsOver = new AbortController();

  /** The step of the last assignment. */
  get step(): number | undefined {
    return this.#step;
  }

  /** All that was assigned of this step, begun or not. */
  get nodes(): readonly NodeId[] {
    return this.#nodes;
  }

  /**
   * Another step than the last one's, be it later or (after a rollback) earlier, puts an end to everything of that one; so
   * do other reducers.
   */
  assign(
    step: number,
    nodes: readonly NodeId[],
    parameters: readonly GroupVersion[],
    reducers?: Formation,
  ): void {
    if (step !== this.#step || reducers?.id !== this.#formation) {
      this.clear();
      this.#step = step;
      this.#formation = reducers?.id;
    }
    const known = new Set(this.#waiting.map(({ node }) => nodeKey(node)));
    const added = nodes.filter((node) => !known.has(nodeKey(node)));
    const { signal } = this.#stepIsOver;
    this.#waiting.push(...added.map((node) => ({ step, node, parameters, reducers, signal })));
    this.#nodes.push(...added);
  }

  /** Drops blocks that were not begun; the others are finished, as they may still be of use. */
  revoke(step: number, nodes: readonly NodeId[]): void {
    if (step !== this.#step) return;
    const revoked = new Set(nodes.map(nodeKey));
    this.#waiting = this.#waiting.filter(({ node }) => !revoked.has(nodeKey(node)));
  }

  /** Nothing waits to be begun. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** The next block to begin. */
  take(): AssignedBlock | undefined {
    return this.#waiting.shift();
  }

  clear(): void {
    this.#stepIsOver.abort();
    this.#stepIsOver = new AbortController();
    this.#step = undefined;
    this.#waiting = [];
    this.#nodes = [];
  }
}
