import * as tf from '@tensorflow/tfjs-node-gpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixSecondOrderGradients } from './second-order-gradients.ts';

describe('fixSecondOrderGradients', () => {
  beforeAll(fixSecondOrderGradients);

  const x = 0.7;
  const sigmoid = 1 / (1 + Math.exp(-x));
  it.each([
    ['tanh', tf.tanh, 1 - Math.tanh(x) ** 2, -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2)],
    ['sigmoid', tf.sigmoid, sigmoid * (1 - sigmoid), sigmoid * (1 - sigmoid) * (1 - 2 * sigmoid)],
    ['exp', tf.exp, Math.exp(x), Math.exp(x)],
  ] as const)('gives the first and the second derivative of %s', (_, op, first, second) => {
    const slope = tf.grad((input) => op<tf.Tensor>(input));
    // The square of the slope, so that a lost part cannot hide behind an error about an unconnected gradient.
    const squared = tf.grad((input) => tf.add(tf.square(slope(input)), input));
    expect(slope(tf.scalar(x)).dataSync()[0]).toBeCloseTo(first, 5);
    expect(squared(tf.scalar(x)).dataSync()[0]).toBeCloseTo(2 * first * second + 1, 4);
  });
});
