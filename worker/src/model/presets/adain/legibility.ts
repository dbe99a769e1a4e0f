import * as tf from '@tensorflow/tfjs-node-gpu';

/** Squared distance of colours. Flat images need real contrast too, not only more of it than of texture. */
const CONTRAST_FLOOR = 0.1;

/**
 * How much of an image's colour variance its content explains: the Fisher ratio of ink against paper,
 * d^2 / (d^2 + within-ink variance + within-paper variance + floor), d the distance of their mean colours. 1: two flat
 * colours; 0: ink and paper have the same mean. It does not care which colours they are.
 *
 * @param contentNHWC [n, s, s, 1] in [-1, 1]: 1 is ink and -1 is paper, or the reverse
 * @param imagesNHWC [n, s, s, 3]
 * @returns [n] in [0, 1]
 */
export function legibilityOf(contentNHWC: tf.Tensor4D, imagesNHWC: tf.Tensor4D): tf.Tensor1D {
  const inkNHWC = tf.mul(tf.add(contentNHWC, 1), 0.5);
  const ink = weightedMoments(imagesNHWC, inkNHWC);
  const paper = weightedMoments(imagesNHWC, tf.sub(1, inkNHWC));
  const betweenN = tf.sum(tf.square(tf.sub(ink.meanN11C, paper.meanN11C)), [1, 2, 3]);
  const withinN = tf.add(ink.varianceN, paper.varianceN);
  return tf.div(betweenN, tf.add(tf.add(betweenN, withinN), CONTRAST_FLOOR));
}

function weightedMoments(
  imagesNHWC: tf.Tensor4D,
  weightNHW1: tf.Tensor,
): { meanN11C: tf.Tensor; varianceN: tf.Tensor } {
  const massN111 = tf.add(tf.sum(weightNHW1, [1, 2], true), 1e-3);
  const meanN11C = tf.div(tf.sum(tf.mul(imagesNHWC, weightNHW1), [1, 2], true), massN111);
  const deviationNHWC = tf.mul(tf.square(tf.sub(imagesNHWC, meanN11C)), weightNHW1);
  const varianceN = tf.sum(tf.div(tf.sum(deviationNHWC, [1, 2], true), massN111), [1, 2, 3]);
  return { meanN11C, varianceN };
}
