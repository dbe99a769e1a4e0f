import { ignoring } from '@atelier/shared/async/ignoring';
import type { ImageShape } from '../model/define-model.ts';
import type { Dataset } from './dataset.ts';
import type { Image } from './image.ts';
import { labelsOfCrops, type PictureSource, squaresOf } from './picture-source.ts';
import { assertIndex, fitted, writeScaled } from './pixel-dataset.ts';

/** What a data set keeps decoded, by default. */
export const MAX_BYTES_IN_MEMORY = 512 * 1024 ** 2;

export interface LazyOptions {
  /** Square crops of each picture, at fixed places. */
  readonly crops: number;
  readonly maxBytesInMemory: number;
  /** Of the data set. */
  readonly digest: string;
}

/** Examples of `shape` out of pictures that are read when they are wanted; those read last are kept. */
export function createLazyDataset(source: PictureSource, shape: ImageShape, options: LazyOptions): Dataset {
  const { size, channels } = shape;
  const { crops, digest, maxBytesInMemory } = options;
  const stride = size * size * channels;
  const maxPictures = Math.max(1, Math.floor(maxBytesInMemory / (stride * crops)));
  const kept = new Map<number, Promise<Image[]>>();
  const closed = new AbortController();
  const read = async (place: number): Promise<Image[]> =>
    squaresOf(await source.pictureAt(place, closed.signal), crops, size);
  const imagesOf = (place: number): Promise<Image[]> => {
    const images = kept.get(place) ?? read(place);
    kept.delete(place);
    kept.set(place, images);
    const forgotten = images.catch((error: unknown) => {
      kept.delete(place);
      throw error;
    });
    void ignoring(forgotten, 'whoever reads the picture hears of it; the next one tries again');
    const [oldest] = kept.keys();
    if (kept.size > maxPictures && oldest !== undefined) kept.delete(oldest);
    return images;
  };
  const dataset = { name: source.name, numExamples: source.numPictures * crops };
  return {
    ...dataset,
    shape,
    digest,
    labels: labelsOfCrops(source.labels, crops),
    async read(indices, signal) {
      const values = new Float32Array(indices.length * stride);
      await Promise.all(
        indices.map(async (index, i) => {
          assertIndex(index, dataset);
          signal?.throwIfAborted();
          const image = (await imagesOf(Math.floor(index / crops)))[index % crops];
          if (image !== undefined) writeScaled(fitted(image, shape).pixels, values, i * stride);
        }),
      );
      return values;
    },
    async close() {
      closed.abort();
      kept.clear();
    },
  };
}
