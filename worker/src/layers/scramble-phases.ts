import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';

/** Cycles across the image: finer detail is left to the network. */
const MAX_CYCLES = 8;

/**
 * Images with the same power spectrum and colours, and every wave moved to another place: random phase noise (Galerne,
 * Gousseau and Morel 2011). It keeps the texture of an image (stripes stay stripes, of the same width and direction) and
 * destroys its layout. Each wave is moved by the same angle in every channel, so that colours stay together. Without
 * `turnsNK` the angles are the same for all images: one linear map, which a network can learn to take back.
 *
 * @param xNHWC [n, s, s, c]
 * @param turnsNK [n, waves of a canvas] in [0, 1]: what each image's waves are moved by besides, in whole turns
 * @returns same shape
 */
export function scramblePhases(xNHWC: tf.Tensor4D, turnsNK?: tf.Tensor): tf.Tensor4D {
  const [n, size, , channels] = xNHWC.shape;
  const { analysis, synthesis, numWaves } = basisOf(size);
  const rowsRP = tf
    .transpose(xNHWC.reshape([n, size * size, channels]), [0, 2, 1])
    .reshape([n * channels, size * size]);
  const wavesRW = tf.matMul(rowsRP, tf.tensor2d(analysis, [size * size, numWaves]));
  const turnedRW = turnsNK === undefined ? wavesRW : turned(wavesRW, turnsNK, channels);
  const movedRP = tf.matMul(turnedRW, tf.tensor2d(synthesis, [numWaves, size * size]));
  const movedNHWC = tf.transpose(movedRP.reshape([n, channels, size * size]), [0, 2, 1]);
  return movedNHWC.reshape([n, size, size, channels]);
}

/** 1 for each wave that has at most `maxCycles` across an image of this size, 0 for the finer ones: [numCycles] */
export function slowWavesOf(size: number, maxCycles: number): readonly number[] {
  return cyclesOf(size).map(([down, right]) => (Math.hypot(down, right) <= maxCycles ? 1 : 0));
}

/** Turns each pair of cosine and sine, the same in an image's channels: [n * channels, waves] */
function turned(wavesRW: tf.Tensor, turnsNK: tf.Tensor, channels: number): tf.Tensor {
  const [n = 0, numCycles = 0] = turnsNK.shape;
  const meanNC1 = tf.slice(wavesRW, [0, 0], [-1, 1]).reshape([n, channels, 1]);
  const pairsNCK2 = tf.slice(wavesRW, [0, 1], [-1, -1]).reshape([n, channels, numCycles, 2]);
  const [cosineNCK, sineNCK] = tf.unstack(pairsNCK2, 3) as [tf.Tensor, tf.Tensor];
  const angleN1K = tf.mul(turnsNK, 2 * Math.PI).reshape([n, 1, numCycles]);
  const [cos, sin] = [tf.cos(angleN1K), tf.sin(angleN1K)];
  const turnedNCK2 = tf.stack(
    [
      tf.sub(tf.mul(cosineNCK, cos), tf.mul(sineNCK, sin)),
      tf.add(tf.mul(cosineNCK, sin), tf.mul(sineNCK, cos)),
    ],
    3,
  );
  return tf
    .concat([meanNC1, turnedNCK2.reshape([n, channels, 2 * numCycles])], 2)
    .reshape([n * channels, 2 * numCycles + 1]);
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
  const cycles = cyclesOf(size);
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

function cyclesOf(size: number): readonly (readonly [number, number])[] {
  return halfPlane(Math.min(MAX_CYCLES, size / 2 - 1));
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
