import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixSecondOrderGradients } from '../engine/second-order-gradients.ts';
import { leakyRelu } from '../layers/leaky-relu.ts';
import { effectiveParameters } from './discriminator-levers.ts';
import { r1Penalty } from './penalty.ts';

beforeAll(fixSecondOrderGradients);

function draw(name: string, shape: number[]): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(normal(keyOf('spectral', name), size), shape);
}

function effective(kernel: tf.Tensor): tf.Tensor {
  const parameters = effectiveParameters({ augment: [], spectralNorm: true }, { kernel });
  return parameters['kernel'] ?? tf.scalar(Number.NaN);
}

describe('effectiveParameters', () => {
  it('spectral norm has, under R1, the gradient that finite differences give', () => {
    const images = draw('images', [3, 4, 4, 1]).as4D(3, 4, 4, 1);
    const penaltyAt = (flat: tf.Tensor): tf.Scalar => {
      const kernel = effective(flat.reshape([3, 3, 1, 2])) as tf.Tensor4D;
      const discriminate = (x: tf.Tensor4D): tf.Tensor => {
        const map = tf.tanh(tf.conv2d(x, kernel, 2, 'same'));
        return tf.sum(leakyRelu(tf.add(map, 3)).square(), [1, 2, 3]);
      };
      return r1Penalty(discriminate, images, { gamma: 1, every: 1 });
    };
    const flat = draw('flat', [18]);
    const gradient = tf.grad(penaltyAt)(flat).dataSync();
    for (const i of [0, 7, 17]) {
      const step = tf
        .oneHot(tf.tensor1d([i], 'int32'), 18)
        .reshape([18])
        .mul(5e-3);
      const up = penaltyAt(flat.add(step)).dataSync()[0] ?? 0;
      const down = penaltyAt(flat.sub(step)).dataSync()[0] ?? 0;
      const slope = (up - down) / 1e-2;
      expect(Math.abs((gradient[i] ?? 0) - slope)).toBeLessThan(0.01 * Math.abs(slope) + 0.02);
    }
  });
});
