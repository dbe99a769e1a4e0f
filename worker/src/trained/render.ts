import * as tf from '@tensorflow/tfjs-node-gpu';
import type { ImageShape, Model } from '../model/define-model.ts';
import { named } from '../model/named.ts';
import { type TrainedTensors, withTrained } from './group-tensors.ts';
import { paintMixed } from './mixed-styles.ts';
import type { RenderedImages, RenderInputs, TrainedFlats } from './trained-work.ts';

/** Images at once: bounds the memory that a large grid takes. */
const CHUNK_SIZE = 32;

/**
 * What a trained model paints of the inputs.
 * @param parameters flat, of the groups that `model.generate` uses (the moving average where there is one)
 * @param statistics flat running statistics, of the same groups
 * @throws Error when a group is missing or of another length than the model's, or the inputs are of the other kind
 */
export function renderImages(
  model: Model,
  parameters: TrainedFlats['parameters'],
  statistics: TrainedFlats['statistics'],
  inputs: RenderInputs,
): RenderedImages {
  return withTrained(model, model.generate.uses, { parameters, statistics }, (trained) =>
    paint(model, trained, inputs),
  );
}

function paint(
  model: Model,
  { parameters, statistics }: TrainedTensors,
  inputs: RenderInputs,
): RenderedImages {
  const { generate } = model;
  if (generate.kind === 'stylize' && inputs.kind === 'stylize') {
    const contentShape = named(model.domains, generate.content);
    const styleShape = named(model.domains, generate.style);
    return inChunks(inputs.content.length / pixelsOf(contentShape), (first, count) => {
      const contentNHWC = imagesOf(inputs.content, contentShape, first, count);
      return generate.run(
        parameters,
        statistics,
        contentNHWC,
        imagesOf(inputs.style, styleShape, first, count),
      );
    });
  }
  if (inputs.kind === 'mixed') return paintMixed(model, { parameters, statistics }, inputs);
  if (generate.kind === 'noise' && inputs.kind === 'noise') {
    const { noiseSize } = generate;
    return inChunks(inputs.noise.length / noiseSize, (first, count) => {
      const values = inputs.noise.slice(first * noiseSize, (first + count) * noiseSize);
      return generate.run(parameters, statistics, tf.tensor2d(values, [count, noiseSize]));
    });
  }
  throw new Error(`model '${model.name}' makes images from ${generate.kind}, not from ${inputs.kind}`);
}

function inChunks(numImages: number, run: (first: number, count: number) => tf.Tensor4D): RenderedImages {
  const pieces: { readonly values: Float32Array; readonly shape: [number, number, number, number] }[] = [];
  for (let first = 0; first < numImages; first += CHUNK_SIZE) {
    const imagesNHWC = tf.tidy(() => run(first, Math.min(CHUNK_SIZE, numImages - first)));
    pieces.push({ values: imagesNHWC.dataSync<'float32'>(), shape: imagesNHWC.shape });
    imagesNHWC.dispose();
  }
  const [, height, width, channels] = pieces[0]?.shape ?? [0, 0, 0, 0];
  const pixels = new Float32Array(numImages * height * width * channels);
  for (const [i, { values }] of pieces.entries())
    pixels.set(values, i * CHUNK_SIZE * height * width * channels);
  return { pixels, shape: [numImages, height, width, channels] };
}

function pixelsOf({ size, channels }: ImageShape): number {
  return size * size * channels;
}

function imagesOf(pixels: Float32Array, shape: ImageShape, first: number, count: number): tf.Tensor4D {
  const length = pixelsOf(shape);
  const { size, channels } = shape;
  return tf.tensor4d(pixels.slice(first * length, (first + count) * length), [count, size, size, channels]);
}
