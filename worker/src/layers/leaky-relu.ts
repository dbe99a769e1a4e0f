import * as tf from '@tensorflow/tfjs-node-gpu';

/**
 * Leaky ReLU with slope 0.2, written so that its second derivative exists: the gradient of tf.leakyRelu cannot be
 * differentiated again, which R1 and WGAN-GP need.
 */
export function leakyRelu<T extends tf.Tensor>(x: T): T {
  return tf.add(tf.mul(x, 0.2), tf.mul(tf.relu(x), 0.8));
}
