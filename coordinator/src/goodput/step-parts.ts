import type { LeaseChange } from './leases.ts';

export const stepPartNames = ['wait', 'compute', 'transfer', 'reduce', 'optimize'] as const;
/** Seconds. */
export type StepParts = Readonly<Record<(typeof stepPartNames)[number], number>>;

interface Delivery {
  readonly session: string;
  readonly grantedMs: number;
  readonly arrivedMs: number;
  readonly computeSeconds: number;
}

/**
 * What the time of a step went into, along the way of the node that came last and so decided when it was whole:
 * wait until its block was given to a worker, compute as that worker measured it, transfer for all else until it was
 * here; then what the coordinator itself took. Only the reduction of the nodes before it overlaps with that way.
 */
export class StepTimer {
  #beganMs: number;
  #deliveries: Delivery[] = [];
  #own = { reduce: 0, optimize: 0 };

  constructor(nowMs: number) {
    this.#beganMs = nowMs;
  }

  apply(change: LeaseChange, arrivedMs: number): void {
    if (change.type === 'fulfilled') this.#deliveries.push({ ...change, arrivedMs });
  }

  /** The coordinator's own work. */
  worked(part: 'reduce' | 'optimize', seconds: number): void {
    this.#own[part] += seconds;
  }

  /** The step is committed, or void: the next one begins. */
  finish(nowMs: number): StepParts {
    const last = this.#deliveries.at(-1);
    const { grantedMs = this.#beganMs, arrivedMs = this.#beganMs } = last ?? {};
    const inHand = (arrivedMs - grantedMs) / 1000;
    // The blocks of one assignment are computed one after another.
    const computed = this.#deliveries
      .filter(({ session, grantedMs: since }) => session === last?.session && since >= grantedMs)
      .reduce((sum, { computeSeconds }) => sum + computeSeconds, 0);
    const compute = computed > 0 ? Math.min(computed, inHand) : 0;
    const wait = Math.max(0, grantedMs - this.#beganMs) / 1000;
    const parts = { wait, compute, transfer: inHand - compute, ...this.#own };
    this.#beganMs = nowMs;
    this.#deliveries = [];
    this.#own = { reduce: 0, optimize: 0 };
    return parts;
  }
}
