import {
  firstVirtualWorkerOf,
  type NodeId,
  nodeKey,
  numVirtualWorkersOf,
  overlaps,
  siblingOf,
} from '@atelier/shared/tree/node-id';

interface Parked {
  readonly node: NodeId;
  readonly admit: (isAdmitted: boolean) => void;
}

/**
 * Which nodes of a step are received at once, so that what waits takes the memory of O(log V) nodes, however many workers
 * push. A node is let in if there is room, if its sibling waits for it, so that the two become one, or if everything
 * before it is summed or being received: those sums are at most log V. The first that is missing is always let in, and so
 * the step ends.
 */
export class Intake {
  readonly #limit: number;
  readonly #sums: () => readonly NodeId[];
  readonly #received: NodeId[] = [];
  readonly #parked = new Set<Parked>();

  /** @param sums the nodes that wait for their sibling */
  constructor(numVirtualWorkers: number, sums: () => readonly NodeId[]) {
    this.#limit = 4 * Math.log2(numVirtualWorkers) + 16;
    this.#sums = sums;
  }

  /**
   * To be followed by `leave`, whatever became of the node.
   * @returns when the node may be received; false when the signal came first
   */
  enter(node: NodeId, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const parked: Parked = {
        node,
        admit: (isAdmitted) => {
          this.#parked.delete(parked);
          signal.removeEventListener('abort', giveUp);
          resolve(isAdmitted);
        },
      };
      const giveUp = (): void => parked.admit(false);
      signal.addEventListener('abort', giveUp);
      this.#parked.add(parked);
      this.review();
    });
  }

  leave(node: NodeId): void {
    const at = this.#received.findIndex((other) => nodeKey(other) === nodeKey(node));
    if (at !== -1) this.#received.splice(at, 1);
    this.review();
  }

  /** Something was summed. */
  review(): void {
    const inOrder = [...this.#parked].sort(
      (a, b) => firstVirtualWorkerOf(a.node) - firstVirtualWorkerOf(b.node),
    );
    for (const { node, admit } of inOrder) {
      if (!this.#mayEnter(node)) continue;
      this.#received.push(node);
      admit(true);
    }
  }

  /** The step is over: whoever waits finds that out for himself. */
  clear(): void {
    for (const { node, admit } of [...this.#parked]) {
      this.#received.push(node);
      admit(true);
    }
  }

  #mayEnter(node: NodeId): boolean {
    const sums = this.#sums();
    if (sums.length + this.#received.length < this.#limit) return true;
    // The sender of one may be stuck; of more than two, others have the turn.
    if (this.#received.filter((other) => overlaps(other, node)).length > 1) return false;
    const sibling = nodeKey(siblingOf(node));
    if (sums.some((sum) => nodeKey(sum) === sibling)) return true;
    const first = firstVirtualWorkerOf(node);
    if (first <= endOfPrefix(sums)) return true;
    // What comes right after that may come beside it.
    return this.#received.length < this.#limit && first <= endOfPrefix([...sums, ...this.#received]);
  }
}

/** The first virtual worker that is in no sum. */
function endOfPrefix(sums: readonly NodeId[]): number {
  let end = 0;
  for (const sum of sums.toSorted((a, b) => firstVirtualWorkerOf(a) - firstVirtualWorkerOf(b))) {
    if (firstVirtualWorkerOf(sum) > end) break;
    end = firstVirtualWorkerOf(sum) + numVirtualWorkersOf(sum);
  }
  return end;
}
