import * as tf from '@tensorflow/tfjs-node-gpu';
import { lumaOf } from '../../layers/luma.ts';
import type { AdainOptions } from './options.ts';
import type { PaintingTerm } from './painting-term.ts';

/** Of luma, where black to white is 2: flat images have no layout. */
const VARIANCE_FLOOR = 1e-4;

/** What a painting has of its style's layout: it is to be painted in the style, not over a copy of the picture. */
export function layoutTerm(options: AdainOptions): PaintingTerm {
  return {
    name: 'layout',
    weight: options.layoutWeight,
    tensors: [],
    noiseOf: () => ({}),
    valueOf: ({ imagesNHWC, styleNHWC }) => tf.mean(sharedLayoutOf(imagesNHWC, styleNHWC)),
  };
}

/**
 * How much of the variance of one image's luma the other's explains, place by place: the square of Pearson's correlation.
 *
 * @param xNHWC, @param yNHWC [n, s, s, 3]
 * @returns [n], 0 to 1
 */
export function sharedLayoutOf(xNHWC: tf.Tensor4D, yNHWC: tf.Tensor4D): tf.Tensor1D {
  const [x, y] = [centredLumaOf(xNHWC), centredLumaOf(yNHWC)];
  const together = tf.square(meanOf(tf.mul(x, y)));
  const apart = tf.mul(
    tf.add(meanOf(tf.square(x)), VARIANCE_FLOOR),
    tf.add(meanOf(tf.square(y)), VARIANCE_FLOOR),
  );
  return tf.div(together, apart);
}

function centredLumaOf(imagesNHWC: tf.Tensor4D): tf.Tensor {
  const lumaNHW1 = lumaOf(imagesNHWC);
  return tf.sub(lumaNHW1, tf.mean(lumaNHW1, [1, 2], true));
}

function meanOf(mapsNHW1: tf.Tensor): tf.Tensor {
  return tf.mean(mapsNHW1, [1, 2, 3]);
}
