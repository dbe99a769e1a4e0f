import { keyOf, uniform } from '@atelier/shared/random/keyed-random';

/** The next number of a stream, uniform in [0, 1). */
export type Draw = () => number;

const BLOCK = 64;

/** An endless stream of numbers named by its key: equal keys, equal streams. */
export function createDraw(...key: readonly (number | string)[]): Draw {
  let block = -1;
  let at = BLOCK;
  let values: Float32Array = new Float32Array(0);
  return () => {
    if (at === BLOCK) {
      block += 1;
      at = 0;
      values = uniform(keyOf(...key, block), BLOCK);
    }
    return values[at++] ?? 0;
  };
}
