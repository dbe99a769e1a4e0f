import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';

/** Cycles across the image: finer detail is left to the network. */
const MAX_CYCLES = 8;

/**
 * Images with the same power spectrum and colours, and every wave moved to another place: random phase noise (Galerne,
 * Gousseau and Morel 2011). It keeps the texture of an image (stripes stay stripes, of the same width and direction) and
 * destroys its layout. Each wave is moved by the same angle in every image and channel, so this is one linear map.
 *
 * @param xNHWC [n, s, s, c]
 * @returns same shape
 */
export function scramblePhases(xNHWC: tf.Tensor4D): tf.Tensor4D {
  const [n, size, , channels] = xNHWC.shape;
  const { analysis, synthesis, numWaves } = basisOf(size);
  const rowsRP = tf
    .transpose(xNHWC.reshape([n, size * size, channels]), [0, 2, 1])
    .reshape([n * channels, size * size]);
  const wavesRW = tf.matMul(rowsRP, tf.tensor2d(analysis, [size * size, numWaves]));
  const movedRP = tf.matMul(wavesRW, tf.tensor2d(synthesis, [numWaves, size * size]));
  const movedNHWC = tf.transpose(movedRP.reshape([n, channels, size * size]), [0, 2, 1]);
  return movedNHWC.reshape([n, size, size, channels]);
}

interface Basis {
  /** [pixels, waves] */
  readonly analysis: Float32Array;
  /** [waves, pixels] */
  readonly synthesis: Float32Array;
  readonly numWaves: number;
}

const bases = new Map<number, Basis>();

/** Sines and cosines over a square of `size` pixels, orthonormal; those of the synthesis are moved. */
function basisOf(size: number): Basis {
  const known = bases.get(size);
  if (known !== undefined) return known;
  const cycles = halfPlane(Math.min(MAX_CYCLES, size / 2 - 1));
  const moves = uniform(keyOf('phases'), cycles.length);
  const numWaves = 2 * cycles.length + 1;
  const pixels = size * size;
  const analysis = new Float32Array(pixels * numWaves).fill(1 / size);
  const synthesis = new Float32Array(pixels * numWaves).fill(1 / size);
  const norm = Math.SQRT2 / size;
  cycles.forEach(([down, right], k) => {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const angle = (2 * Math.PI * (down * Math.floor(pixel / size) + right * (pixel % size))) / size;
      const moved = angle + 2 * Math.PI * (moves[k] ?? 0);
      analysis[pixel * numWaves + 2 * k + 1] = norm * Math.cos(angle);
      analysis[pixel * numWaves + 2 * k + 2] = norm * Math.sin(angle);
      synthesis[(2 * k + 1) * pixels + pixel] = norm * Math.cos(moved);
      synthesis[(2 * k + 2) * pixels + pixel] = norm * Math.sin(moved);
    }
  });
  const basis = { analysis, synthesis, numWaves };
  bases.set(size, basis);
  return basis;
}

/** Every pair of whole numbers of cycles within the radius, without 0 and with one of each opposite pair. */
function halfPlane(radius: number): readonly (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  for (let down = 0; down <= radius; down++) {
    for (let right = -radius; right <= radius; right++) {
      const isOpposite = down === 0 && right <= 0;
      if (!isOpposite && Math.hypot(down, right) <= radius) pairs.push([down, right]);
    }
  }
  return pairs;
}
