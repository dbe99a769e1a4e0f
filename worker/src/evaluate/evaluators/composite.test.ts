import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import { describe, expect, it } from 'vitest';
import { compositeOf } from './composite.ts';

/** Ink on the left half of an 8 x 8 picture. */
const content = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 1 : -1));
const pictureOf = (seed: number): Float32Array => uniform(keyOf(seed), 192).map((value) => 2 * value - 1);
const pictures = [pictureOf(1), pictureOf(2)] as const;
const drawn = Array.from({ length: 200 }, (_, i) => compositeOf(content, pictures, keyOf('drawing', i)));

/** Largest difference of the halves' mean colours. */
function contrastOf(picture: Float32Array): number {
  const half = (isLeft: boolean, channel: number): number =>
    picture
      .filter((_, i) => Math.floor(i / 3) % 8 < 4 === isLeft && i % 3 === channel)
      .reduce((a, b) => a + b, 0) / 32;
  return Math.max(...[0, 1, 2].map((channel) => Math.abs(half(true, channel) - half(false, channel))));
}

describe('compositeOf', () => {
  it('draws the same for a key, in range, and another way for most others', () => {
    expect(compositeOf(content, pictures, keyOf('drawing', 0))).toEqual(drawn[0]);
    expect(drawn.flatMap((picture) => [...picture]).every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(new Set(drawn.map((picture) => picture[0])).size).toBeGreaterThan(120);
  });

  it('lets the content be seen in the colours, mostly', () => {
    // The difference from a picture of pure noise is seen in its details only.
    const seen = drawn.filter((picture) => contrastOf(picture) > 0.2);
    expect(seen.length).toBeGreaterThan(0.7 * drawn.length);
  });
});
