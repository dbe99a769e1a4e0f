import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { sharedLayoutOf } from './layout.ts';

const imageOf = (name: string): tf.Tensor4D =>
  tf.tensor4d(uniform(keyOf('layout', name), 16 * 16 * 3), [1, 16, 16, 3]);

const sharedOf = (x: tf.Tensor4D, y: tf.Tensor4D): number => sharedLayoutOf(x, y).dataSync()[0] ?? Number.NaN;

describe('sharedLayoutOf', () => {
  const image = imageOf('a');

  it('is 1 for a copy in another brightness and contrast, also inverted', () => {
    for (const [factor, shift] of [
      [1, 0],
      [0.5, 0.3],
      [-2, 0.1],
    ] as const) {
      expect(sharedOf(tf.add(tf.mul(image, factor), shift), image)).toBeCloseTo(1, 1);
    }
  });

  it('is next to nothing for another image, for the mirrored one and for a flat one, whichever comes first', () => {
    for (const other of [imageOf('b'), tf.reverse(image, 2), tf.onesLike(image)]) {
      expect(sharedOf(image, other)).toBeLessThan(0.05);
      expect(sharedOf(image, other)).toBeCloseTo(sharedOf(other, image), 5);
    }
  });
});
