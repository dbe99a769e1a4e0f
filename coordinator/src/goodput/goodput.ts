import type { LeaseChange } from './leases.ts';

export const goodputStates = ['compute', 'transfer', 'wait', 'recompute', 'checkpoint', 'idle'] as const;
export type GoodputState = (typeof goodputStates)[number];

/** Seconds by state; `unsettled` is the time of the blocks that are being worked on. Together: all the time so far. */
export type GoodputSeconds = Readonly<Record<GoodputState | 'unsettled', number>>;

/** A stretch of a session's time with blocks in hand: how long, and its share of the run's time. */
interface Stretch {
  ms: number;
  shareMs: number;
}

interface Account {
  numHeld: number;
  /** Whether the step at hand had been committed before, in an earlier life or before a rollback. */
  isRepeated: boolean;
  /** Where the clocks stood when its last block was fulfilled, or the first one granted. */
  since: Stretch;
  /** Of the blocks fulfilled since it last had none. */
  fulfilled: Stretch & { computeMs: number };
}

/**
 * What the run's wall time is spent on. Each instant is shared equally among the workers that are in:
 *
 * - compute, transfer: a block is in hand, and its node becomes part of the step. Compute is what the worker measured;
 *   the rest, from the assignment until the node is here, is transfer.
 * - recompute: a block is in hand that is lost, late, failed or void in the end, or the step was committed before.
 * - wait: nothing is in hand; for other workers, or for the coordinator to reduce and commit.
 * - idle: nobody is in, or the run is paused and nothing is in hand.
 * - checkpoint: the coordinator copies its state, and everybody stands still.
 *
 * What a block's time was spent on is known when it leaves the worker's hands, so until then it is unsettled: settled
 * seconds never fall. The cost of a change does not grow with the number of workers.
 */
export class Goodput {
  readonly #seconds: Record<GoodputState, number> = {
    ...{ compute: 0, transfer: 0, wait: 0, recompute: 0, checkpoint: 0, idle: 0 },
  };
  readonly #accounts = new Map<string, Account>();
  #numWaiting = 0;
  #isPaused = false;
  #numCommitted: number;
  #lastMs: number;
  /** Time without that of checkpoints, and the share of it of a worker that was in all the time. */
  #clock: Stretch = { ms: 0, shareMs: 0 };

  /** @param numCommittedBefore steps that earlier lives had committed: those from here on up to it are repeated */
  constructor(nowMs: number, numCommittedBefore = 0) {
    this.#lastMs = nowMs;
    this.#numCommitted = numCommittedBefore;
  }

  apply(change: LeaseChange, nowMs: number): void {
    this.#passTo(nowMs);
    const { type, session } = change;
    if (type === 'came') {
      const nothing = { ms: 0, shareMs: 0 };
      const fulfilled = { ...nothing, computeMs: 0 };
      this.#accounts.set(session, { numHeld: 0, isRepeated: false, since: nothing, fulfilled });
      this.#numWaiting += 1;
      return;
    }
    const account = this.#accounts.get(session);
    if (account === undefined) return;
    switch (type) {
      case 'granted':
        this.#grant(account, change.step);
        break;
      case 'fulfilled':
        this.#fulfil(account, change.computeSeconds);
        break;
      case 'dropped':
        break;
      case 'left':
        this.#accounts.delete(session);
        if (account.numHeld === 0) this.#numWaiting -= 1;
        else this.#settle(account);
        return;
    }
    account.numHeld = change.numHeld;
    if (account.numHeld > 0) return;
    this.#settle(account);
    this.#numWaiting += 1;
  }

  pause(nowMs: number): void {
    this.#passTo(nowMs);
    this.#isPaused = true;
  }

  resume(nowMs: number): void {
    this.#passTo(nowMs);
    this.#isPaused = false;
  }

  committed(step: number): void {
    this.#numCommitted = Math.max(this.#numCommitted, step + 1);
  }

  /** Everybody stood still while the state was copied. */
  checkpointed(fromMs: number, toMs: number): void {
    this.#passTo(fromMs);
    this.#seconds.checkpoint += Math.max(0, toMs - this.#lastMs) / 1000;
    this.#lastMs = Math.max(this.#lastMs, toMs);
  }

  secondsAt(nowMs: number): GoodputSeconds {
    this.#passTo(nowMs);
    let unsettledMs = 0;
    for (const { numHeld, since, fulfilled } of this.#accounts.values()) {
      if (numHeld > 0) unsettledMs += fulfilled.shareMs + this.#clock.shareMs - since.shareMs;
    }
    return { ...this.#seconds, unsettled: unsettledMs / 1000 };
  }

  #passTo(nowMs: number): void {
    const ms = Math.max(0, nowMs - this.#lastMs);
    this.#lastMs += ms;
    const numPresent = this.#accounts.size;
    if (numPresent === 0) {
      this.#seconds.idle += ms / 1000;
      return;
    }
    const shareMs = ms / numPresent;
    this.#clock = { ms: this.#clock.ms + ms, shareMs: this.#clock.shareMs + shareMs };
    this.#seconds[this.#isPaused ? 'idle' : 'wait'] += (this.#numWaiting * shareMs) / 1000;
  }

  #grant(account: Account, step: number): void {
    if (account.numHeld > 0) return;
    account.isRepeated = step < this.#numCommitted;
    account.since = this.#clock;
    account.fulfilled = { ms: 0, shareMs: 0, computeMs: 0 };
    this.#numWaiting -= 1;
  }

  #fulfil(account: Account, computeSeconds: number): void {
    const { since, fulfilled } = account;
    fulfilled.ms += this.#clock.ms - since.ms;
    fulfilled.shareMs += this.#clock.shareMs - since.shareMs;
    account.since = this.#clock;
    // A worker says it: not every number is a time.
    if (computeSeconds > 0 && Number.isFinite(computeSeconds)) fulfilled.computeMs += computeSeconds * 1000;
  }

  /** What came after the last fulfilled block was of no use. */
  #settle({ isRepeated, since, fulfilled }: Account): void {
    const usefulMs = isRepeated ? 0 : fulfilled.shareMs;
    const computed = fulfilled.ms > 0 ? Math.min(1, fulfilled.computeMs / fulfilled.ms) : 0;
    const computeMs = usefulMs * computed;
    this.#seconds.compute += computeMs / 1000;
    this.#seconds.transfer += (usefulMs - computeMs) / 1000;
    const uselessMs = this.#clock.shareMs - since.shareMs + (fulfilled.shareMs - usefulMs);
    this.#seconds.recompute += uselessMs / 1000;
  }
}
