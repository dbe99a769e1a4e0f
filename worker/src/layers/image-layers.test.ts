import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { drawTexture } from '../datasets/textures/draw-texture.ts';
import { conv2d } from './conv2d.ts';
import { cropAt } from './crop.ts';
import { instanceNorm } from './instance-norm.ts';
import { scramblePhases, slowWavesOf } from './scramble-phases.ts';
import { slicedDistance } from './sliced-distance.ts';

function image(name: string, size: number): tf.Tensor4D {
  return tf.tensor4d(normal(keyOf('image', name), size * size * 3), [1, size, size, 3]);
}

/** One channel, `cycles` waves from left to right. */
function stripes(size: number, cycles: number): tf.Tensor4D {
  const value = (i: number): number => 0.2 + Math.cos((2 * Math.PI * cycles * (i % size)) / size);
  return tf.tensor4d(
    Float32Array.from({ length: size * size }, (_, i) => value(i)),
    [1, size, size, 1],
  );
}

const kernels = tf.tensor4d(normal(keyOf('kernels'), 5 * 5 * 3 * 4), [5, 5, 3, 4]);

describe('cropAt', () => {
  it('cuts the square at the place it is told, to the last row and column', () => {
    const x = tf.reshape(tf.range(0, 36), [1, 6, 6, 1]) as tf.Tensor4D;
    expect([...cropAt(x, tf.tensor2d([[0, 0]]), 2).dataSync()]).toEqual([0, 1, 6, 7]);
    expect([...cropAt(x, tf.tensor2d([[0.3, 0.999]]), 2).dataSync()]).toEqual([10, 11, 16, 17]);
  });
});

describe('slicedDistance', () => {
  it('is 0 for the same image and does not see that its pixels changed places', () => {
    const x = image('a', 8);
    const pixelKernels = kernels.slice([0, 0, 0, 0], [1, 1, 3, 4]);
    expect(slicedDistance(x, x, kernels).dataSync()[0]).toBe(0);
    expect(slicedDistance(x, tf.reverse(x, [1, 2]), pixelKernels).dataSync()[0]).toBeCloseTo(0, 6);
    expect(slicedDistance(x, image('b', 8), kernels).dataSync()[0]).toBeGreaterThan(0.05);
  });

  it('has the gradient that finite differences give', () => {
    const [x, y] = [image('a', 8), image('b', 8)];
    const direction = image('direction', 8);
    const at = (t: number): number =>
      slicedDistance(tf.add(x, tf.mul(direction, t)), y, kernels).dataSync()[0] ?? Number.NaN;
    const slope = tf.grad((image4) => slicedDistance(image4 as tf.Tensor4D, y, kernels))(x);
    const expected = tf.sum(tf.mul(slope, direction)).dataSync()[0] ?? Number.NaN;
    expect((at(2e-3) - at(-2e-3)) / 4e-3).toBeCloseTo(expected, 2);
  });
});

describe('scramblePhases', () => {
  it('keeps the mean, the variance and the direction of stripes, and moves them', () => {
    const x = stripes(16, 3);
    const y = scramblePhases(x);
    const { mean, variance } = tf.moments(y);
    expect(mean.dataSync()[0]).toBeCloseTo(0.2, 4);
    expect(variance.dataSync()[0]).toBeCloseTo(0.5, 4);
    expect(
      tf.max(tf.abs(tf.sub(y.slice([0, 0], [1, 1]), y.slice([0, 9], [1, 1])))).dataSync()[0],
    ).toBeLessThan(1e-4);
    expect(tf.max(tf.abs(tf.sub(x, y))).dataSync()[0]).toBeGreaterThan(0.1);
  });

  it('turns the waves of each image by what it is told, whole turns not at all', () => {
    const x = tf.concat([image('a', 16), image('b', 16)]) as tf.Tensor4D;
    const numCycles = slowWavesOf(16, 2).length;
    const turns = tf.concat([tf.ones([1, numCycles]), tf.fill([1, numCycles], 0.5)]);
    const [kept, turned] = tf.split(scramblePhases(x, turns), 2) as [tf.Tensor, tf.Tensor];
    const [first, second] = tf.split(scramblePhases(x), 2) as [tf.Tensor, tf.Tensor];
    const meanN11C = tf.mean(second, [1, 2], true);
    // Half a turn of every wave: what was above the mean is below it.
    const mirrored = tf.sub(tf.mul(meanN11C, 2), second);
    expect(tf.max(tf.abs(tf.sub(kept, first))).dataSync()[0]).toBeLessThan(1e-5);
    expect(tf.max(tf.abs(tf.sub(turned, mirrored))).dataSync()[0]).toBeLessThan(1e-5);
  });

  it('tells the waves of a layout from those of a texture', () => {
    // (0, 1), (1, 0), (1, 1), (1, -1), and with two cycles (0, 2), (2, 0).
    expect(slowWavesOf(16, 1.5).filter(Boolean)).toHaveLength(4);
    expect(slowWavesOf(16, 2).filter(Boolean)).toHaveLength(6);
  });

  it('forgets where things were', () => {
    const correlations = Array.from({ length: 40 }, (_, k) => {
      const pixels = Float32Array.from(drawTexture(32, 'scrambled', k).pixels);
      const x = tf.mean(tf.tensor4d(pixels, [1, 32, 32, 3]), 3, true) as tf.Tensor4D;
      const [a, b] = [instanceNorm(x), instanceNorm(scramblePhases(x))];
      return Math.abs(tf.mean(tf.mul(a, b)).dataSync()[0] ?? Number.NaN);
    });
    expect(correlations.reduce((sum, value) => sum + value) / correlations.length).toBeLessThan(0.2);
  });
});

describe('conv2d', () => {
  it('sees no border when it reflects', () => {
    const layer = conv2d({ name: 'c', in: 1, out: 1, kernel: 3, padding: 'reflect', bias: false });
    const mapNHWC = layer.apply({ 'c.kernel': tf.ones([3, 3, 1, 1]) }, tf.ones([1, 5, 5, 1]));
    expect(mapNHWC.shape).toEqual([1, 5, 5, 1]);
    expect(new Set(mapNHWC.dataSync())).toEqual(new Set([9]));
  });
});

describe('instanceNorm', () => {
  it('gives each channel of each image mean 0 and variance 1', () => {
    const { mean, variance } = tf.moments(instanceNorm(tf.add(tf.mul(image('a', 8), 3), 5)), [1, 2]);
    for (const value of mean.dataSync()) expect(value).toBeCloseTo(0, 4);
    for (const value of variance.dataSync()) expect(value).toBeCloseTo(1, 3);
  });
});
