import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { batchNorm } from './batch-norm.ts';

const norm = batchNorm({ name: 'n', channels: 2 });
const x = tf
  .tensor4d(normal(keyOf('batch-norm'), 5 * 3 * 3 * 2), [5, 3, 3, 2])
  .mul<tf.Tensor4D>([3, 0.5])
  .add<tf.Tensor4D>([1, -2]);
const parameters = { 'n.scale': tf.tensor1d([2, 1]), 'n.offset': tf.tensor1d([0, 4]) };

describe('batchNorm', () => {
  it('agrees with tf.batchNorm on the batch’s own moments, and reports them', () => {
    const { x: normalised, batchStatistics } = norm.train(parameters, x);
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const expected = tf.batchNorm(
      x,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      parameters['n.offset'],
      parameters['n.scale'],
      1e-5,
    );
    expect(tf.max(tf.abs(tf.sub(normalised, expected))).dataSync()[0]).toBeLessThan(1e-5);
    expect(batchStatistics['n.mean']?.dataSync()).toEqual(mean.dataSync());
    expect(batchStatistics['n.variance']?.dataSync()).toEqual(variance.dataSync());
  });

  it('generates with the running statistics: an image is the same alone and among others', () => {
    const statistics = { 'n.mean': tf.tensor1d([1, -2]), 'n.variance': tf.tensor1d([9, 0.25]) };
    const all = norm.generate(parameters, statistics, x);
    const alone = norm.generate(parameters, statistics, tf.slice(x, 0, 1));
    expect(tf.slice(all, 0, 1).dataSync()).toEqual(alone.dataSync());
  });

  it('lets a gradient through to scale, offset and input', () => {
    const loss = (scale: tf.Tensor, offset: tf.Tensor, input: tf.Tensor) =>
      norm
        .train({ 'n.scale': scale, 'n.offset': offset }, input as tf.Tensor4D)
        .x.square()
        .mean()
        .asScalar();
    const gradients = tf.grads((...args) => loss(...(args as [tf.Tensor, tf.Tensor, tf.Tensor])))([
      parameters['n.scale'],
      parameters['n.offset'],
      x,
    ]);
    // d/dscale mean((s u + o)^2) = s over 2 channels, as u has mean 0 and variance 1; d/doffset = o.
    expect([...(gradients[0]?.dataSync() ?? [])].map((v) => Math.round(v * 1e3) / 1e3)).toEqual([2, 1]);
    expect([...(gradients[1]?.dataSync() ?? [])].map((v) => Math.round(v * 1e3) / 1e3)).toEqual([0, 4]);
    expect(gradients[2]?.dataSync().every(Number.isFinite)).toBe(true);
  });
});
