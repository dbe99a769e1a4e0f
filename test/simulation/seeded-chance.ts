import { keyOf, uniform } from '@atelier/shared/random/keyed-random';

const BATCH = 1024;

/** The one source of chance in a simulation: equal seeds draw equal numbers. */
export class SeededChance {
  readonly #seed: number;
  #batch = new Float32Array(0);
  #position = 0;
  #numBatches = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** In [0, 1). */
  next(): number {
    if (this.#position === this.#batch.length) {
      this.#batch = new Float32Array(uniform(keyOf('simulation', this.#seed, this.#numBatches), BATCH));
      this.#numBatches += 1;
      this.#position = 0;
    }
    const value = this.#batch[this.#position] ?? 0;
    this.#position += 1;
    return value;
  }

  /** A whole number from low to high, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** The list must not be empty. */
  pick<T>(from: readonly T[]): T {
    const picked = from[this.between(0, from.length - 1)];
    if (picked === undefined) throw new RangeError('cannot pick from an empty list');
    return picked;
  }
}
