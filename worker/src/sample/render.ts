import { flatLayoutOf, sizeOf } from '@atelier/shared/layout/flat-layout';
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { RenderedImages, RenderInputs } from '../compute/compute-messages.ts';
import type { ImageShape, Model, TensorSpec, TensorsByGroup } from '../model/define-model.ts';
import { named } from '../model/named.ts';

/** Images at once: bounds the memory that a large grid takes. */
const CHUNK_SIZE = 32;

type FlatByGroup = Readonly<Record<string, Float32Array>>;

/**
 * What a trained model paints of the inputs.
 * @param parameters flat, of the groups that `model.generate` uses (the moving average where there is one)
 * @param statistics flat running statistics, of the same groups
 * @throws Error when a group is missing or of another length than the model's, or the inputs are of the other kind
 */
export function renderImages(
  model: Model,
  parameters: FlatByGroup,
  statistics: FlatByGroup,
  inputs: RenderInputs,
): RenderedImages {
  const groups = model.groups.filter(({ name }) => model.generate.uses.includes(name));
  const own = Object.fromEntries(
    groups.map(({ name, tensors }) => [name, tensorsOf(name, tensors, parameters)]),
  );
  const running = Object.fromEntries(
    groups.map(({ name, statistics: specs = [] }) => [name, tensorsOf(name, specs, statistics)]),
  );
  try {
    return paint(model, own, running, inputs);
  } finally {
    tf.dispose([own, running]);
  }
}

function paint(
  model: Model,
  own: TensorsByGroup,
  running: TensorsByGroup,
  inputs: RenderInputs,
): RenderedImages {
  const { generate } = model;
  if (generate.kind === 'stylize' && inputs.kind === 'stylize') {
    const contentShape = named(model.domains, generate.content);
    const styleShape = named(model.domains, generate.style);
    return inChunks(inputs.content.length / pixelsOf(contentShape), (first, count) => {
      const contentNHWC = imagesOf(inputs.content, contentShape, first, count);
      return generate.run(own, running, contentNHWC, imagesOf(inputs.style, styleShape, first, count));
    });
  }
  if (generate.kind === 'noise' && inputs.kind === 'noise') {
    const { noiseSize } = generate;
    return inChunks(inputs.noise.length / noiseSize, (first, count) => {
      const values = inputs.noise.slice(first * noiseSize, (first + count) * noiseSize);
      return generate.run(own, running, tf.tensor2d(values, [count, noiseSize]));
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

function tensorsOf(
  group: string,
  specs: readonly TensorSpec[],
  flats: FlatByGroup,
): Record<string, tf.Tensor> {
  const layout = flatLayoutOf(specs);
  const flat = flats[group] ?? new Float32Array(0);
  if (flat.length !== layout.size) {
    throw new Error(
      `group '${group}': got ${flat.length} numbers to render with, the model has ${layout.size}`,
    );
  }
  return Object.fromEntries(
    layout.tensors.map(({ name, shape, offset }) => [
      name,
      tf.tensor(flat.slice(offset, offset + sizeOf(shape)), [...shape]),
    ]),
  );
}
