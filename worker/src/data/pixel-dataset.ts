import { createHash } from 'node:crypto';
import type { ImageShape } from '../model/define-model.ts';
import type { Dataset } from './dataset.ts';
import { type Image, withChannels } from './image.ts';
import { resizeSquare } from './resize.ts';

/** Square images that are held in memory, as they lie in their files. */
export interface ImageSource {
  readonly name: string;
  readonly numExamples: number;
  /** SHA-256 (hex) of the bytes that the images are made of. */
  readonly contentDigest: string;
  readonly labels?: Uint8Array | undefined;
  /** Square, of any size and channels. */
  imageAt(index: number): Image;
}

/** Examples of `shape` out of images in memory: fitted and scaled to [-1, 1] when they are read. */
export function createPixelDataset(source: ImageSource, shape: ImageShape): Dataset {
  const { size, channels } = shape;
  const stride = size * size * channels;
  return {
    name: source.name,
    numExamples: source.numExamples,
    digest: sha256(`${source.contentDigest} ${size} ${channels}`),
    shape,
    labels: source.labels,
    async read(indices, signal) {
      signal?.throwIfAborted();
      const values = new Float32Array(indices.length * stride);
      indices.forEach((index, i) => {
        assertIndex(index, source);
        writeScaled(fitted(source.imageAt(index), shape).pixels, values, i * stride);
      });
      return values;
    },
    async close() {},
  };
}

export function assertIndex(
  index: number,
  { name, numExamples }: Pick<Dataset, 'name' | 'numExamples'>,
): void {
  if (!Number.isInteger(index) || index < 0 || index >= numExamples) {
    throw new RangeError(`${name} has examples 0 to ${numExamples - 1}, not ${index}`);
  }
}

export function fitted(image: Image, { size, channels }: ImageShape): Image {
  return withChannels(resizeSquare(image, size), channels);
}

/** 0..255 to [-1, 1]. */
export function writeScaled(pixels: Uint8Array, target: Float32Array, offset: number): void {
  for (let i = 0; i < pixels.length; i++) target[offset + i] = (pixels[i] ?? 0) / 127.5 - 1;
}

export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
