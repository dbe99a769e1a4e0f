import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Model, StyleReader, Tensors } from '../model/define-model.ts';
import { ModelError } from '../model/model-error.ts';
import { named } from '../model/named.ts';
import type { TrainedTensors } from './group-tensors.ts';
import type { MixedInputs, RenderedImages } from './trained-work.ts';

/** Pixels painted at once: bounds the memory. */
const PIXELS_AT_ONCE = 2 ** 17;
const STYLES_AT_ONCE = 32;

/** Paints each content with a mix of the styles. @throws ModelError when the model reads no styles apart */
export function paintMixed(
  model: Model,
  { parameters, statistics }: TrainedTensors,
  inputs: MixedInputs,
): RenderedImages {
  const { reader, contentChannels, styleSize } = stylesOf(model);
  const { content, height, width, styles, weights } = inputs;
  const length = height * width * contentChannels;
  const numImages = content.length / length;
  const numStyles = styles.length / (styleSize * styleSize * 3);
  const pixels = new Float32Array(numImages * height * width * 3);
  const atOnce = Math.max(1, Math.floor(PIXELS_AT_ONCE / (height * width)));
  const readings = readStyles(reader, { parameters, statistics }, styles, styleSize);
  try {
    for (let first = 0; first < numImages; first += atOnce) {
      const count = Math.min(atOnce, numImages - first);
      const painted = tf.tidy(() => {
        const rows = weights.slice(first * numStyles, (first + count) * numStyles);
        const mixed = reader.mix(readings, tf.tensor2d(rows, [count, numStyles]));
        const values = content.slice(first * length, (first + count) * length);
        const contentNHWC = tf.tensor4d(values, [count, height, width, contentChannels]);
        return reader.paint(parameters, statistics, contentNHWC, mixed);
      });
      pixels.set(painted.dataSync<'float32'>(), first * height * width * 3);
      painted.dispose();
    }
  } finally {
    tf.dispose(readings);
  }
  return { pixels, shape: [numImages, height, width, 3] };
}

/** The style code of each style image: [n, length], row by row. @throws ModelError */
export function styleCodesOf(model: Model, trained: TrainedTensors, styles: Float32Array): Float32Array {
  const { reader, styleSize } = stylesOf(model);
  const readings = readStyles(reader, trained, styles, styleSize);
  try {
    return named(readings, reader.code).dataSync<'float32'>();
  } finally {
    tf.dispose(readings);
  }
}

function stylesOf({ name, generate, domains }: Model) {
  if (generate.kind === 'stylize' && generate.styles !== undefined) {
    const { channels: contentChannels } = named(domains, generate.content);
    return { reader: generate.styles, contentChannels, styleSize: named(domains, generate.style).size };
  }
  throw new ModelError(
    'no-styles',
    `model '${name}' cannot mix or compare styles: its generate has no \`styles\` (see define-model.ts)`,
  );
}

/** The caller disposes them. */
function readStyles(
  reader: StyleReader,
  { parameters, statistics }: TrainedTensors,
  styles: Float32Array,
  size: number,
): Tensors {
  const length = size * size * 3;
  const numStyles = styles.length / length;
  return tf.tidy(() => {
    const parts: Tensors[] = [];
    for (let first = 0; first < numStyles; first += STYLES_AT_ONCE) {
      const count = Math.min(STYLES_AT_ONCE, numStyles - first);
      const values = styles.slice(first * length, (first + count) * length);
      parts.push(
        tf.tidy(() => ({
          ...reader.read(parameters, statistics, tf.tensor4d(values, [count, size, size, 3])),
        })),
      );
    }
    const names = Object.keys(parts[0] ?? {});
    return Object.fromEntries(names.map((name) => [name, tf.concat(parts.map((part) => named(part, name)))]));
  });
}
