import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutCorrelation } from './layout-correlation.ts';

const imageOf = (seed: number): Float32Array => uniform(keyOf(seed, 'image'), 1024);

describe('layoutCorrelation', () => {
  it('is 1 for an image with itself, in any brightness and contrast, also inverted', () => {
    const contrast = fc.float({ min: 0.125, max: 4, noNaN: true });
    fc.assert(
      fc.property(
        fc.nat(),
        contrast,
        fc.boolean(),
        fc.float({ min: -1, max: 1, noNaN: true }),
        (...drawn) => {
          const [seed, factor, isInverted, shift] = drawn;
          const image = imageOf(seed);
          const other = image.map((value) => (isInverted ? -1 : 1) * factor * value + shift);
          expect(layoutCorrelation(image, other)).toBeCloseTo(1, 4);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is the same both ways, and small for images that have nothing to do with each other', () => {
    const [a, b] = [imageOf(1), imageOf(2)];
    expect(layoutCorrelation(a, b)).toBe(layoutCorrelation(b, a));
    expect(layoutCorrelation(a, b)).toBeLessThan(0.1);
  });

  it('is that of known numbers, and 0 where an image is flat', () => {
    expect(layoutCorrelation(Float32Array.of(1, 2, 3), Float32Array.of(1, 3, 2))).toBeCloseTo(0.5, 6);
    expect(layoutCorrelation(Float32Array.of(1, 2, 3), Float32Array.of(5, 5, 5))).toBe(0);
  });
});
