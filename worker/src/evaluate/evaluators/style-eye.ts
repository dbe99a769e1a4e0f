import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import { Permutation } from '@atelier/shared/random/permutation';
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Dataset } from '../../data/dataset.ts';
import { inScope } from '../../phases/in-scope.ts';
import { type Grams, gramsOf } from '../metrics/gram-distance.ts';
import { type Pictures, pictureAt, picturesOf } from '../metrics/pictures.ts';
import { accuracyOf } from './accuracy.ts';
import { EMBEDDING, type ExemplarNetwork, exemplarNetwork } from './exemplar-network.ts';
import { tensorsOfNetwork } from './network.ts';
import { type LabelledPictures, trainNetwork } from './train-network.ts';

/** Part of the cache's key: another number for another way of training. */
export const STYLE_EYE_RECIPE = 1;
/** What a Frechet distance in its embeddings is called. */
export const FEATURES_NAME = `exemplar-${EMBEDDING}`;

const SEED = 2;
const MAX_EXEMPLARS = 512;
const BATCH_SIZE = 64;
const LEARNING_RATE = 3e-3;

/** What is seen of one picture. */
export interface StyleSight {
  readonly grams: Grams;
  /** Length EMBEDDING. */
  readonly embedding: Float32Array;
}

export interface StyleEyeAccuracy {
  /** Share of crops that were recognised, of pictures that it knows, cut where they were not cut in training. */
  readonly recognised: number;
  /** Out of so many pictures. */
  readonly numExemplars: number;
  readonly numCrops: number;
}

/** Sees of a picture what it has in common with crops of itself: its style. */
export class StyleEye {
  readonly #network: ExemplarNetwork;
  readonly #flat: Float32Array;

  constructor(network: ExemplarNetwork, flat: Float32Array) {
    this.#network = network;
    this.#flat = flat;
  }

  /** One sight a picture. */
  look({ pixels, count, size }: Pictures): StyleSight[] {
    return inScope(() => {
      const parameters = tensorsOfNetwork(this.#network, this.#flat);
      const imagesNHWC = tf.tensor4d(pixels, [count, size, size, 3]);
      const { mapsNHWC, embeddingNC } = this.#network.features(parameters, imagesNHWC);
      const embeddings = embeddingNC.dataSync<'float32'>();
      return gramsOf(mapsNHWC).map((grams, i) => ({
        grams,
        embedding: embeddings.slice(i * EMBEDDING, (i + 1) * EMBEDDING),
      }));
    });
  }

  /** @param style what it was trained on @throws DatasetError */
  async accuracy(style: Dataset, numCrops: number): Promise<StyleEyeAccuracy> {
    const crops = await cropsOf(style, 'held out', 0, numCrops);
    const recognised = accuracyOf(this.#network, this.#flat, crops);
    return { recognised, numExemplars: numExemplarsOf(style), numCrops };
  }
}

export function exemplarNetworkOf(style: Dataset): ExemplarNetwork {
  return exemplarNetwork(style.shape.size / 2, numExemplarsOf(style));
}

/**
 * The flat parameters of a style eye: taught to say which picture a crop of half its size comes from, mirrored or not
 * (Dosovitskiy et al. 2014, exemplar CNN). It needs no labels. Deterministic.
 * @throws DatasetError
 */
export function trainStyleEye(
  style: Dataset,
  numSteps: number,
  onStep: (step: number) => void,
): Promise<Float32Array> {
  return trainNetwork(exemplarNetworkOf(style), {
    seed: SEED,
    numSteps,
    batchSize: BATCH_SIZE,
    learningRate: LEARNING_RATE,
    batchOf: (step) => cropsOf(style, 'training', step * BATCH_SIZE, BATCH_SIZE),
    onStep,
  });
}

/** Numbers [first, first + count) of an endless stream of crops. */
async function cropsOf(
  style: Dataset,
  stream: string,
  first: number,
  count: number,
): Promise<LabelledPictures> {
  const exemplars = new Permutation(keyOf(SEED, 'exemplars'), style.numExamples);
  const draws = Array.from({ length: count }, (_, i) => [...uniform(keyOf(SEED, stream, first + i), 4)]);
  const labels = draws.map(([which = 0]) => Math.floor(which * numExemplarsOf(style)));
  const { size, channels } = style.shape;
  const read = await style.read(labels.map((label) => exemplars.at(label)));
  const pictures = picturesOf(read, size, channels);
  const side = size / 2;
  const pixels = new Float32Array(count * side * side * 3);
  for (const [i, [, down = 0, across = 0, turn = 0]] of draws.entries()) {
    const top = Math.floor(down * (size - side + 1));
    const left = Math.floor(across * (size - side + 1));
    const picture = pictureAt(pictures, i);
    for (let k = 0; k < side * side * 3; k += 1) {
      const [y, column] = [Math.floor(k / (3 * side)), Math.floor(k / 3) % side];
      const x = turn < 0.5 ? side - 1 - column : column;
      pixels[i * side * side * 3 + k] = picture[((top + y) * size + left + x) * 3 + (k % 3)] ?? 0;
    }
  }
  return { pixels, labels };
}

function numExemplarsOf({ numExamples }: Dataset): number {
  return Math.min(numExamples, MAX_EXEMPLARS);
}
