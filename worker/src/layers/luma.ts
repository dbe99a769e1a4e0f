import * as tf from '@tensorflow/tfjs-node-gpu';

/** ITU-R BT.601. */
export const LUMA = [0.299, 0.587, 0.114];

/** Colours to grey: [n, h, w, 3] -> [n, h, w, 1] */
export function lumaOf(imagesNHWC: tf.Tensor4D): tf.Tensor4D {
  return tf.sum(tf.mul(imagesNHWC, LUMA), 3, true);
}
