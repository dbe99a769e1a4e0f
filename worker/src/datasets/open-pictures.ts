import type { DatasetConfig } from '@atelier/shared/config/run-config';
import { dataCacheFolder } from '../data/cache-config.ts';
import type { PreparationProgress } from '../data/dataset.ts';
import type { Image } from '../data/image.ts';
import { labelsOfCrops, type PictureSource, squaresOf } from '../data/picture-source.ts';
import { sha256 } from '../data/pixel-dataset.ts';
import { readerOf } from './dataset-readers.ts';

export interface OpenPicturesOptions {
  /** Side of the squares that the pictures are cut and resized to; undefined: as they are. */
  readonly size: number | undefined;
  readonly onProgress?: PreparationProgress;
  readonly cacheFolder?: string;
}

/** Of pictures that have no size of their own. */
const DRAWN_SIZE = 64;

/**
 * The pictures that a data set is made of, before a model's shape is asked for. Training on them, at any size (at
 * `size`, if that was given), is training on the data set itself, to the bit.
 * @throws DatasetError, for shards ShardError, ObjectStoreError
 */
export async function openPictures(
  config: DatasetConfig,
  options: OpenPicturesOptions,
): Promise<PictureSource> {
  const { size, onProgress, cacheFolder = dataCacheFolder() } = options;
  const source = await readerOf(config).pictures(config, size ?? DRAWN_SIZE, { onProgress, cacheFolder });
  if (size === undefined) return source;
  return squares(source, 'crops' in config ? config.crops : 1, size);
}

/** All squares of a picture lie one after the other: it is decoded once. */
function squares(source: PictureSource, crops: number, size: number): PictureSource {
  let last: { readonly place: number; readonly images: Promise<Image[]> } | undefined;
  return {
    name: `${source.name}, ${crops} square${crops === 1 ? '' : 's'} of ${size} pixels each`,
    numPictures: source.numPictures * crops,
    contentDigest: sha256(`${source.contentDigest} ${crops} ${size}`),
    labels: labelsOfCrops(source.labels, crops),
    async pictureAt(number, signal) {
      const place = Math.floor(number / crops);
      if (last?.place !== place) {
        const images = source.pictureAt(place, signal).then((picture) => squaresOf(picture, crops, size));
        last = { place, images };
      }
      const image = (await last.images)[number % crops];
      if (image === undefined) throw new RangeError(`${source.name} has no square ${number}`);
      return image;
    },
  };
}
