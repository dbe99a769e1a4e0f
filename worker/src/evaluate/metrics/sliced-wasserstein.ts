import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { downsample2x } from '../../layers/upsample.ts';
import { inScope } from '../../phases/in-scope.ts';
import type { Pictures } from './pictures.ts';

/** Side of a patch, pixels. */
const PATCH = 5;
/** The picture, and the picture at half its size. */
const SCALES = 2;
const PROJECTIONS = 32;

/** What the distance compares of one picture: for each scale and projection the patches' values, in rising order. */
export type Slices = readonly Float32Array[];

/**
 * The slices of each picture. Projections are unit vectors drawn once for all, so that slices of one size compare.
 * Deterministic.
 */
export function slicesOf({ pixels, count, size }: Pictures): Slices[] {
  const slices: Float32Array[][] = Array.from({ length: count }, () => []);
  inScope(() => {
    let scaledNHWC = tf.tensor4d(pixels, [count, size, size, 3]);
    for (let scale = 0; scale < SCALES; scale += 1) {
      if (scale > 0) scaledNHWC = downsample2x(scaledNHWC);
      const mapNHWP = tf.conv2d(scaledNHWC, projectionsHWIO(scale), 1, 'valid');
      const [, height, width] = mapNHWP.shape;
      const length = height * width;
      const values = tf.transpose(mapNHWP, [0, 3, 1, 2]).dataSync<'float32'>();
      for (const [i, own] of slices.entries()) {
        const sorted = values.slice(i * PROJECTIONS * length, (i + 1) * PROJECTIONS * length);
        for (let p = 0; p < PROJECTIONS; p += 1) sorted.subarray(p * length, (p + 1) * length).sort();
        own.push(sorted);
      }
    }
  });
  return slices;
}

/**
 * Sliced Wasserstein-1 distance of the 5x5 patches of two pictures of one size, added up over two scales (Rabin et al. 2011;
 * on patches: Elnekave and Weiss 2022). It compares palette and texture; where a patch lies does not matter.
 */
export function slicedWasserstein(a: Slices, b: Slices): number {
  return a.reduce((sum, slice, scale) => sum + meanDifference(slice, b[scale] ?? slice), 0);
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / a.length;
}

function projectionsHWIO(scale: number): tf.Tensor4D {
  const drawn = normal(keyOf('sliced-wasserstein', scale), PATCH * PATCH * 3 * PROJECTIONS);
  const kernelsHWIO = tf.tensor4d(drawn, [PATCH, PATCH, 3, PROJECTIONS]);
  return tf.mul(kernelsHWIO, tf.rsqrt(tf.sum(tf.square(kernelsHWIO), [0, 1, 2], true)));
}
