import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import fc from 'fast-check';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { frechetDistance, gaussianOf } from './frechet-distance.ts';

/** A rotation of the plane, of which the closed form below does not depend. */
function turned(diagonal: readonly [number, number], angle: number): Matrix {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turn = new Matrix([
    [cos, -sin],
    [sin, cos],
  ]);
  return turn.mmul(Matrix.diag([...diagonal])).mmul(turn.transpose());
}

describe('frechetDistance', () => {
  it('is the closed form for covariances that share their axes, however these lie', () => {
    const positive = fc.double({ min: 0, max: 9, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(positive, positive, positive, positive),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (variances, angle) => {
          const [a1, a2, b1, b2] = variances;
          const a = { mean: [1, 2], covariance: turned([a1, a2], angle) };
          const b = { mean: [4, 6], covariance: turned([b1, b2], angle) };
          const expected = 25 + (Math.sqrt(a1) - Math.sqrt(b1)) ** 2 + (Math.sqrt(a2) - Math.sqrt(b2)) ** 2;
          expect(frechetDistance(a, b)).toBeCloseTo(expected, 4);
          expect(frechetDistance(b, a)).toBeCloseTo(expected, 4);
        },
      ),
      { numRuns: 200, examples: [[[0, 0, 0, 1 / 6], 1.5e-323]] },
    );
  });

  it('sees a set that was moved, at the square of the way, and none in the set itself', () => {
    const vectors = Array.from({ length: 200 }, (_, i) => normal(keyOf(i, 'vector'), 8));
    const moved = vectors.map((vector) => vector.map((value) => value + 0.5));
    const own = gaussianOf(vectors);
    expect(frechetDistance(own, own)).toBeCloseTo(0, 6);
    expect(frechetDistance(own, gaussianOf(moved))).toBeCloseTo(8 * 0.25, 4);
  });
});
