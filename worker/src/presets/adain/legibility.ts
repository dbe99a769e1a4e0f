import * as tf from '@tensorflow/tfjs-node-gpu';
import { LUMA } from '../../layers/luma.ts';
import type { AdainOptions } from './options.ts';
import type { PaintingTerm } from './painting-term.ts';

/** Squared distance of colours. Flat images need real contrast too, not only more of it than of texture. */
const CONTRAST_FLOOR = 0.1;

/** Of luma, where black to white is 2: what is light in the content is to be lighter than the rest by this much. */
const TONE_MARGIN = 0.3;

/** What legibility lacks of its target. */
export function legibilityTerm(options: AdainOptions): PaintingTerm {
  return {
    name: 'legibility',
    weight: options.legibilityWeight,
    tensors: [],
    noiseOf: () => ({}),
    valueOf({ contentNHWC, imagesNHWC }) {
      const { legibilityTarget: target, legibilityReach: reach } = options;
      const shortfallN = tf.relu(tf.sub(target, legibilityOf(contentNHWC, imagesNHWC, reach)));
      return tf.mean<tf.Scalar>(shortfallN);
    },
  };
}

/**
 * How much of an image's colour variance its content explains: the Fisher ratio of ink against paper,
 * d^2 / (d^2 + within-ink variance + within-paper variance + floor), d the distance of their mean colours. 1: two flat
 * colours; 0: ink and paper have the same mean. It does not care which colours they are, except that the content's
 * tones must not be turned over: as much as ink is not lighter than paper by a margin is taken off.
 *
 * @param contentNHWC [n, s, s, 1] in [-1, 1]: 1 is ink and -1 is paper
 * @param imagesNHWC [n, s, s, 3] in [-1, 1]
 * @param reach pixels from ink beyond which paper does not count, so that it may be as wild as the style is; 0: all counts
 * @returns [n], at most 1
 */
export function legibilityOf(contentNHWC: tf.Tensor4D, imagesNHWC: tf.Tensor4D, reach = 0): tf.Tensor1D {
  const inkNHW1 = tf.mul<tf.Tensor4D>(tf.add(contentNHWC, 1), 0.5);
  const paperNHW1 = tf.sub(1, inkNHW1);
  const nearNHW1 = reach > 0 ? tf.maxPool(inkNHW1, 2 * reach + 1, 1, 'same') : 1;
  const ink = weightedMoments(imagesNHWC, inkNHW1);
  const paper = weightedMoments(imagesNHWC, tf.mul(paperNHW1, nearNHW1));
  const differenceN11C = tf.sub(ink.meanN11C, paper.meanN11C);
  const betweenN = tf.sum(tf.square(differenceN11C), [1, 2, 3]);
  const withinN = tf.add(ink.varianceN, paper.varianceN);
  const fisherN = tf.div(betweenN, tf.add(tf.add(betweenN, withinN), CONTRAST_FLOOR));
  const lighterN = tf.sum(tf.mul(differenceN11C, LUMA), [1, 2, 3]);
  return tf.sub(fisherN, tf.relu(tf.sub(TONE_MARGIN, lighterN)));
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
