import * as tf from '@tensorflow/tfjs-node-gpu';
import type { NoiseSpec } from '../model/define-model.ts';
import { cropAt } from './crop.ts';

export const augmentations = ['colour', 'translation', 'cutout'] as const;
export type Augmentation = (typeof augmentations)[number];

/** Of the side: how far an image is moved at most. */
const SHIFT = 1 / 8;
/** Of the side: the square that is cut out. */
const CUTOUT = 1 / 2;

/** Seven numbers an image: brightness, saturation, contrast, place moved to, place cut out. */
export function augmentNoise(n: number): NoiseSpec {
  return { shape: [n, 7], distribution: 'uniform' };
}

/**
 * What a discriminator sees instead of an image, real or generated, that it shall not learn by heart: Zhao et al. 2020,
 * "Differentiable augmentation for data-efficient GAN training". The generator's gradient goes through it.
 *
 * @param imagesNHWC square, in [-1, 1]; saturation is about the mean of all channels
 * @param noiseN7 of `augmentNoise`
 */
export function diffAugment(
  imagesNHWC: tf.Tensor4D,
  noiseN7: tf.Tensor,
  kinds: readonly Augmentation[],
): tf.Tensor4D {
  const drawnN111 = (i: number): tf.Tensor => tf.slice(noiseN7, [0, i], [-1, 1]).reshape([-1, 1, 1, 1]);
  const placeN2 = (i: number): tf.Tensor => tf.slice(noiseN7, [0, i], [-1, 2]);
  let x = imagesNHWC;
  if (kinds.includes('colour')) {
    x = tf.add(x, tf.sub(drawnN111(0), 0.5));
    x = stretched(x, tf.mean(x, 3, true), tf.mul(drawnN111(1), 2));
    x = stretched(x, tf.mean(x, [1, 2, 3], true), tf.add(drawnN111(2), 0.5));
  }
  if (kinds.includes('translation')) x = moved(x, placeN2(3));
  if (kinds.includes('cutout')) x = tf.mul(x, holes(x.shape[1], placeN2(5)));
  return x;
}

function stretched(xNHWC: tf.Tensor4D, about: tf.Tensor, factorN111: tf.Tensor): tf.Tensor4D {
  return tf.add(tf.mul(tf.sub(xNHWC, about), factorN111), about);
}

/** By whole pixels, with zeros where nothing comes from. */
function moved(xNHWC: tf.Tensor4D, placeN2: tf.Tensor): tf.Tensor4D {
  const side = xNHWC.shape[1];
  const margin = Math.round(side * SHIFT);
  const edge: [number, number] = [margin, margin];
  return cropAt(tf.pad(xNHWC, [[0, 0], edge, edge, [0, 0]]), placeN2, side);
}

/** 0 in a square about the place, which may reach over the border, and 1 elsewhere: [n, side, side, 1]. */
function holes(side: number, placeN2: tf.Tensor): tf.Tensor {
  const half = (side * CUTOUT) / 2;
  const [rowN1, columnN1] = tf.split(tf.floor(tf.mul(placeN2, side + 1)), 2, 1);
  if (rowN1 === undefined || columnN1 === undefined) throw new Error('split into 2 gave fewer');
  // 1 on the `2 half` pixels from `centre - half` on, 0 elsewhere.
  const insideNS = (centreN1: tf.Tensor): tf.Tensor => {
    const fromCentre = tf.abs(tf.sub(tf.add(tf.range(0, side).reshape([1, side]), 0.5), centreN1));
    return tf.sub(1, tf.step(tf.sub(fromCentre, half)));
  };
  const insideNHW1 = tf.mul(
    insideNS(rowN1).reshape([-1, side, 1, 1]),
    insideNS(columnN1).reshape([-1, 1, side, 1]),
  );
  return tf.sub(1, insideNHW1);
}
