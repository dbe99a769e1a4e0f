import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { spectrallyNormalised } from './spectral-norm.ts';

function draw(name: string, shape: number[]): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(normal(keyOf('spectral', name), size), shape);
}

function normalised(kernel: tf.Tensor): tf.Tensor {
  return spectrallyNormalised({ kernel })['kernel'] ?? tf.scalar(Number.NaN);
}

describe('spectrallyNormalised', () => {
  it('divides by the largest singular value, and leaves biases alone', () => {
    const kernel = tf.tensor2d([
      [0, 4],
      [-0.5, 0],
      [0, 0],
    ]);
    const bias = tf.tensor1d([5, 6]);
    const result = spectrallyNormalised({ kernel, bias });
    const expected = [0, 1, -0.125, 0, 0, 0];
    for (const [i, value] of (result['kernel']?.dataSync() ?? []).entries())
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4);
    expect(result['bias']).toBe(bias);
  });

  it('gives the same however large the kernel is', () => {
    const kernel = draw('kernel', [3, 3, 4, 8]);
    const difference = tf.sub(normalised(kernel), normalised(tf.mul(kernel, 1000)));
    expect(tf.max(tf.abs(difference)).dataSync()[0]).toBeLessThan(1e-5);
  });
});
