import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { downsample2x } from './upsample.ts';

/** Side of the filters, pixels. */
const KERNEL = 3;
/** Maps of a scale. */
const CHANNELS = 64;
/** The image, at half its size and at a quarter. */
const SCALES = 3;

/**
 * What random filters that nobody trained see of images, at several sizes: a convolution with filters of unit norm and a
 * ReLU each. One such layer is enough to tell textures apart (Ustyuzhaninov et al. 2016, "Texture synthesis using shallow
 * convolutional networks with random filters"). The filters are drawn once for all.
 *
 * @param xNHWC [n, s, s, 3], s a multiple of 4 and at least 12
 * @returns one map a scale, finest first
 */
export function randomFeatures(xNHWC: tf.Tensor4D): readonly tf.Tensor4D[] {
  let scaledNHWC = xNHWC;
  return Array.from({ length: SCALES }, (_, scale) => {
    if (scale > 0) scaledNHWC = downsample2x(scaledNHWC);
    return tf.relu(tf.conv2d(scaledNHWC, filtersHWIO(scale), 1, 'valid'));
  });
}

function filtersHWIO(scale: number): tf.Tensor4D {
  const drawn = normal(keyOf('random-features', scale), KERNEL * KERNEL * 3 * CHANNELS);
  const kernelsHWIO = tf.tensor4d(drawn, [KERNEL, KERNEL, 3, CHANNELS]);
  return tf.mul(kernelsHWIO, tf.rsqrt(tf.sum(tf.square(kernelsHWIO), [0, 1, 2], true)));
}
