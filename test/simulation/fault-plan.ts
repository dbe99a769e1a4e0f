import type { SeededChance } from './seeded-chance.ts';

/** How likely each thing goes wrong, every time that it is done. After the faults have ended, nothing does. */
export interface FaultRates {
  /** A disk refuses: EIO. */
  readonly diskRefuses: number;
  /** A disk has no room: ENOSPC, after a part. */
  readonly diskIsFull: number;
  /** The process dies while it writes, at any byte. */
  readonly diesWriting: number;
  /** A store does not answer, whether or not it has done what it was asked. */
  readonly storeFails: number;
  /** A store keeps a part of an object. */
  readonly storeTears: number;
  /** A message, or the answer to it, is lost. */
  readonly loss: number;
  readonly duplicate: number;
  /** A worker cannot compute a block. */
  readonly blockFails: number;
  /** A worker computes something that is not finite. */
  readonly notFinite: number;
  readonly maxDelayMs: number;
  readonly maxDiskMs: number;
  readonly maxStoreMs: number;
}

const QUIET: FaultRates = {
  diskRefuses: 0,
  diskIsFull: 0,
  diesWriting: 0,
  storeFails: 0,
  storeTears: 0,
  loss: 0,
  duplicate: 0,
  blockFails: 0,
  notFinite: 0,
  maxDelayMs: 20,
  maxDiskMs: 5,
  maxStoreMs: 30,
};

/** Which faults were done, and not only drawn, and how often. */
export class FaultPlan {
  readonly done = new Map<string, number>();
  readonly #chance: SeededChance;
  #rates: FaultRates;

  constructor(chance: SeededChance) {
    this.#chance = chance;
    const rate = (...rates: number[]) => chance.pick([0, 0, ...rates]);
    this.#rates = {
      diskRefuses: rate(0.01, 0.03),
      diskIsFull: rate(0.01, 0.05),
      diesWriting: rate(0.005, 0.02),
      storeFails: rate(0.05, 0.3),
      storeTears: rate(0.02, 0.1),
      loss: rate(0.05, 0.3),
      duplicate: rate(0.05, 0.3),
      blockFails: rate(0.1, 0.4),
      notFinite: rate(0.02),
      maxDelayMs: chance.pick([5, 40, 150]),
      maxDiskMs: chance.pick([1, 5, 40]),
      maxStoreMs: chance.pick([10, 100, 1_000]),
    };
  }

  get rates(): FaultRates {
    return this.#rates;
  }

  /** From now on nothing goes wrong. */
  end(): void {
    this.#rates = QUIET;
  }

  /** Whether it goes wrong this time. */
  strikes(fault: Exclude<keyof FaultRates, 'maxDelayMs' | 'maxDiskMs' | 'maxStoreMs'>): boolean {
    const rate = this.#rates[fault];
    if (rate === 0 || !this.#chance.happens(rate)) return false;
    this.note(fault);
    return true;
  }

  note(fault: string): void {
    this.done.set(fault, (this.done.get(fault) ?? 0) + 1);
  }
}
