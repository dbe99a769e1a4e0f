import { type PhiloxKey, philox } from './philox.ts';

const ROUNDS = 6;

/**
 * A keyed permutation of [0, length) in O(1) memory: a balanced Feistel network over the next even power of two
 * with Philox as its round function, walked until the value falls inside (cycle walking, Black and Rogaway, 2002).
 * At most four draws are expected, whatever the length. Valid for 1 <= length <= 2^52.
 */
export class Permutation {
  readonly length: number;
  readonly #key: PhiloxKey;
  readonly #halfSize: number;
  readonly #word = new Uint32Array(4);

  constructor(key: PhiloxKey, length: number) {
    if (!Number.isInteger(length) || length < 1 || length > 2 ** 52) {
      throw new RangeError(`a permutation needs a length from 1 to 2^52, got ${length}`);
    }
    this.length = length;
    this.#key = key;
    let halfBits = 1;
    while (2 ** (2 * halfBits) < length) halfBits += 1;
    this.#halfSize = 2 ** halfBits;
  }

  /** Where `position` of the shuffled order points to. */
  at(position: number): number {
    if (!Number.isInteger(position) || position < 0 || position >= this.length) {
      throw new RangeError(`position ${position} is outside [0, ${this.length})`);
    }
    let value = position;
    do value = this.#encrypt(value);
    while (value >= this.length);
    return value;
  }

  #encrypt(value: number): number {
    let left = Math.floor(value / this.#halfSize);
    let right = value % this.#halfSize;
    for (let round = 0; round < ROUNDS; round += 1) {
      philox(this.#key, [right, round, 0, 1], this.#word);
      const mixed = (left + ((this.#word[0] ?? 0) % this.#halfSize)) % this.#halfSize;
      left = right;
      right = mixed;
    }
    return left * this.#halfSize + right;
  }
}
