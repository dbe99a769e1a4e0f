import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import type { TensorSpec, Tensors } from '../model/define-model.ts';
import { convTranspose2d } from './conv-transpose-2d.ts';
import { conv2d } from './conv2d.ts';
import { dense } from './dense.ts';
import { leakyRelu } from './leaky-relu.ts';

function onesOf(tensors: readonly TensorSpec[]): Tensors {
  return Object.fromEntries(tensors.map(({ name, shape }) => [name, tf.ones([...shape])]));
}

describe('layers', () => {
  it('dense multiplies and adds its bias', () => {
    const layer = dense({ name: 'd', in: 3, out: 2 });
    expect([...layer.apply(onesOf(layer.tensors), tf.tensor2d([[1, 2, 3]])).dataSync()]).toEqual([7, 7]);
  });

  it('conv2d halves the size with stride 2 and sums what its kernel covers', () => {
    const layer = conv2d({ name: 'c', in: 2, out: 5, kernel: 4, stride: 2, bias: false });
    const mapNHWC = layer.apply(onesOf(layer.tensors), tf.ones([1, 8, 8, 2]));
    expect(mapNHWC.shape).toEqual([1, 4, 4, 5]);
    expect(mapNHWC.slice([0, 1, 1, 0], [1, 1, 1, 1]).dataSync()[0]).toBe(32);
  });

  it('convTranspose2d doubles the size and covers every inner pixel equally', () => {
    const layer = convTranspose2d({ name: 't', in: 3, out: 2, kernel: 4, bias: false });
    const mapNHWC = layer.apply(onesOf(layer.tensors), tf.ones([1, 4, 4, 3]));
    expect(mapNHWC.shape).toEqual([1, 8, 8, 2]);
    const inner = mapNHWC.slice([0, 1, 1, 0], [1, 6, 6, 2]).dataSync();
    expect(new Set(inner)).toEqual(new Set([12]));
  });

  it('leakyRelu has slope 0.2 below zero and can be differentiated twice', () => {
    expect([...leakyRelu(tf.tensor1d([-10, 10])).dataSync()]).toEqual([-2, 10]);
    const slope = tf.grad((x) => leakyRelu(tf.square(x)).sum());
    const squaredSlope = tf.grad((x) => tf.square(slope(x)).sum());
    expect(squaredSlope(tf.tensor1d([3])).dataSync()[0]).toBeCloseTo(24);
  });
});
