import * as tf from '@tensorflow/tfjs-node-gpu';

/**
 * Nearest-neighbour doubling: [n, h, w, c] -> [n, 2h, 2w, c]. Followed by a convolution it has no checkerboards.
 * Its second derivative does not exist in TF.js: for generators, not for a discriminator under R1.
 */
export function upsample2x(xNHWC: tf.Tensor4D): tf.Tensor4D {
  return tf.image.resizeNearestNeighbor(xNHWC, [xNHWC.shape[1] * 2, xNHWC.shape[2] * 2]);
}

/** Halves by averaging 2x2 blocks: [n, h, w, c] -> [n, h/2, w/2, c]. */
export function downsample2x(xNHWC: tf.Tensor4D): tf.Tensor4D {
  return tf.avgPool(xNHWC, 2, 2, 'valid');
}
