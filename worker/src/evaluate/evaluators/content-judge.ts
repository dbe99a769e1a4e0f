import { SampleOrder } from '@atelier/shared/order/sample-order';
import { keyOf } from '@atelier/shared/random/keyed-random';
import type { Dataset } from '../../data/dataset.ts';
import { floatsOf, lumaOf, type Pictures, pictureAt, picturesOf } from '../metrics/pictures.ts';
import { accuracyOf, classesOf } from './accuracy.ts';
import { compositeOf } from './composite.ts';
import { judgeNetwork } from './judge-network.ts';
import type { Network } from './network.ts';
import { type LabelledPictures, trainNetwork } from './train-network.ts';

/** Part of the cache's key: another number for another way of training or drawing. */
export const JUDGE_RECIPE = 1;

const SEED = 1;
const BATCH_SIZE = 32;
const LEARNING_RATE = 2e-3;

/** A set that labels are known of, and pictures to draw on. */
export interface JudgeData {
  readonly content: Dataset;
  readonly style: Dataset;
}

export interface JudgeAccuracies {
  /** On contents as they are, as colour pictures. */
  readonly plain: number;
  /** On contents drawn onto styles in the ways it was trained on. */
  readonly composited: number;
  /** How many pictures each was measured on. */
  readonly numPictures: number;
}

/** Sees which class a picture's content is of, in any colours. */
export class ContentJudge {
  readonly #network: Network;
  readonly #flat: Float32Array;

  constructor(network: Network, flat: Float32Array) {
    this.#network = network;
    this.#flat = flat;
  }

  classesOf({ pixels }: Pictures): Int32Array {
    return classesOf(this.#network, this.#flat, pixels);
  }

  /** On a set that it was not trained on. @throws DatasetError */
  async accuracies(data: JudgeData, numPictures: number): Promise<JudgeAccuracies> {
    const composited = await compositesOf(data, 'held out', 0, numPictures);
    const order = orderOf(data.content, 'held out content');
    const plain = await labelled(data.content, order.slice(0, numPictures));
    return {
      plain: accuracyOf(this.#network, this.#flat, plain),
      composited: accuracyOf(this.#network, this.#flat, composited),
      numPictures,
    };
  }
}

export function judgeNetworkOf({ content }: JudgeData): Network {
  return judgeNetwork(content.shape.size, Math.max(...(content.labels ?? [0])) + 1);
}

/** The flat parameters of a judge. Deterministic. @throws DatasetError */
export function trainJudge(
  data: JudgeData,
  numSteps: number,
  onStep: (step: number) => void,
): Promise<Float32Array> {
  return trainNetwork(judgeNetworkOf(data), {
    seed: SEED,
    numSteps,
    batchSize: BATCH_SIZE,
    learningRate: LEARNING_RATE,
    batchOf: (step) => compositesOf(data, 'training', step * BATCH_SIZE, BATCH_SIZE),
    onStep,
  });
}

/** Numbers [first, first + count) of an endless stream of contents on pictures. */
async function compositesOf(
  { content, style }: JudgeData,
  stream: string,
  first: number,
  count: number,
): Promise<LabelledPictures> {
  const contentNumbers = orderOf(content, `${stream} content`).slice(first, count);
  const styleNumbers = orderOf(style, `${stream} style`).slice(2 * first, 2 * count);
  const contents = await labelled(content, contentNumbers);
  const { size, channels } = style.shape;
  const styles = picturesOf(await style.read(styleNumbers), size, channels);
  const digits: Pictures = { pixels: contents.pixels, count, size: content.shape.size };
  const length = floatsOf(digits);
  const pixels = new Float32Array(count * length);
  for (let i = 0; i < count; i += 1) {
    const pictures = [pictureAt(styles, 2 * i), pictureAt(styles, 2 * i + 1)] as const;
    const key = keyOf(SEED, 'composite', stream, first + i);
    pixels.set(compositeOf(lumaOf(pictureAt(digits, i)), pictures, key), i * length);
  }
  return { pixels, labels: contents.labels };
}

async function labelled(content: Dataset, numbers: readonly number[]): Promise<LabelledPictures> {
  const { size, channels } = content.shape;
  const { pixels } = picturesOf(await content.read(numbers), size, channels);
  return { pixels, labels: numbers.map((number) => content.labels?.[number] ?? 0) };
}

function orderOf({ numExamples }: Dataset, domain: string): SampleOrder {
  return new SampleOrder({ seed: SEED, domain, numExamples });
}
