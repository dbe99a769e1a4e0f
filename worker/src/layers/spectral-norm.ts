import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Tensors } from '../model/define-model.ts';
import { detach } from './detach.ts';

const POWER_ITERATIONS = 8;

/**
 * All kernels (tensors of rank 2 and more) divided by their largest singular value, so that each layer's slope is at most
 * about 1: Miyato et al. 2018, "Spectral normalization for generative adversarial networks", eq. 8 and algorithm 1.
 *
 * The paper carries the singular vector from step to step, one power iteration each. A phase carries nothing, so it is
 * found anew from a fixed start by several; what these find is at most the true value. As in the paper, the gradient goes
 * through the value and not through the vectors.
 */
export function spectrallyNormalised(parameters: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => [name, tensor.rank < 2 ? tensor : normalised(tensor)]),
  );
}

function normalised(kernel: tf.Tensor): tf.Tensor {
  const numOut = kernel.shape.at(-1) ?? 1;
  const matrixIO = kernel.reshape<tf.Tensor2D>([-1, numOut]);
  const fixedIO = detach(matrixIO);
  let rightO1 = unit(tf.tensor2d(normal(keyOf('spectral-norm', numOut), numOut), [numOut, 1]));
  let leftI1 = unit(tf.matMul(fixedIO, rightO1));
  for (let k = 1; k < POWER_ITERATIONS; k += 1) {
    rightO1 = unit(tf.matMul(fixedIO, leftI1, true));
    leftI1 = unit(tf.matMul(fixedIO, rightO1));
  }
  const largest = tf.sum(tf.mul(leftI1, tf.matMul(matrixIO, rightO1)));
  return tf.div(kernel, tf.add(largest, 1e-12));
}

function unit(vector: tf.Tensor2D): tf.Tensor2D {
  return tf.div(vector, tf.sqrt(tf.add(tf.sum(tf.square(vector)), 1e-24)));
}
