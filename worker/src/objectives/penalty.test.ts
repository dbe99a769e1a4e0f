import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixSecondOrderGradients } from '../engine/second-order-gradients.ts';
import { leakyRelu } from '../layers/leaky-relu.ts';
import { gradientPenalty, r1Penalty } from './penalty.ts';

beforeAll(fixSecondOrderGradients);

function draw(name: string, shape: number[]): tf.Tensor {
  return tf.tensor(
    normal(
      keyOf('penalty', name),
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  );
}

const images = draw('images', [3, 4, 4, 1]).as4D(3, 4, 4, 1);
const linear = (w: tf.Tensor) => (x: tf.Tensor4D) => tf.sum(x.mul(w), [1, 2, 3]);
/** tanh keeps the finite differences below clear of kinks. */
const curved = (kernel: tf.Tensor) => (x: tf.Tensor4D) => {
  const map = tf.tanh(tf.conv2d(x, kernel.as4D(3, 3, 1, 2), 2, 'same'));
  return tf.sum(leakyRelu(tf.add(map, 3)).square(), [1, 2, 3]);
};

describe('r1Penalty', () => {
  it('is gamma / 2 * k * |w|^2 for a linear discriminator', () => {
    const w = draw('w', [4, 4, 1]);
    const expected = (3 / 2) * 8 * (w.square().sum().dataSync()[0] ?? 0);
    expect(r1Penalty(linear(w), images, { gamma: 3, every: 8 }).dataSync()[0]).toBeCloseTo(expected, 3);
  });

  it('has the gradient that finite differences give', () => {
    const kernel = draw('kernel', [18]);
    const penaltyAt = (k: tf.Tensor) => r1Penalty(curved(k), images, { gamma: 1, every: 1 });
    const gradient = tf
      .grad((k) => penaltyAt(k))(kernel)
      .dataSync();
    for (const i of [0, 7, 17]) {
      const step = tf
        .oneHot(tf.tensor1d([i], 'int32'), 18)
        .reshape([18])
        .mul(5e-3);
      const up = penaltyAt(kernel.add(step)).dataSync()[0] ?? 0;
      const down = penaltyAt(kernel.sub(step)).dataSync()[0] ?? 0;
      const slope = (up - down) / 1e-2;
      expect(Math.abs((gradient[i] ?? 0) - slope)).toBeLessThan(0.01 * Math.abs(slope) + 0.02);
    }
  });
});

describe('gradientPenalty', () => {
  it('is weight * (|w| - 1)^2 for a linear discriminator, wherever it looks', () => {
    const w = draw('w', [4, 4, 1]);
    const norm = Math.sqrt(w.square().sum().dataSync()[0] ?? 0);
    const mix = tf.tensor4d([0, 0.3, 0.9], [3, 1, 1, 1]);
    const penalty = gradientPenalty(linear(w), images, tf.zerosLike(images), mix, 10).dataSync()[0];
    expect(penalty).toBeCloseTo(10 * (norm - 1) ** 2, 2);
  });

  it('looks between fake (mix 0) and real (mix 1)', () => {
    // D = sum x^2 / 2 has gradient x: the norm at the real images only.
    const square = (x: tf.Tensor4D) => x.square().sum([1, 2, 3]).mul(0.5);
    const norms = images.square().sum([1, 2, 3]).sqrt().dataSync<'float32'>();
    const expected = norms.reduce((sum, norm) => sum + (norm - 1) ** 2 / norms.length, 0);
    const atReal = gradientPenalty(square, images, images.mul(2), tf.ones([3, 1, 1, 1]), 1);
    expect(atReal.dataSync()[0]).toBeCloseTo(expected, 3);
  });
});
