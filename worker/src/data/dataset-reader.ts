import type { DatasetConfig } from '@atelier/shared/config/run-config';
import type { Logger } from 'pino';
import type { ImageShape } from '../model/define-model.ts';
import type { Dataset, PreparationProgress } from './dataset.ts';
import { type PictureSource, picturesOf } from './picture-source.ts';
import { createPixelDataset, type ImageSource } from './pixel-dataset.ts';

export type DatasetConfigOf<Kind extends DatasetConfig['kind']> = Extract<
  DatasetConfig,
  { readonly kind: Kind }
>;

export interface ReadOptions {
  /** Where prepared pictures are kept. */
  readonly cacheFolder: string;
  /** Told while pictures are prepared; later openings find them in the cache. */
  readonly onProgress?: PreparationProgress | undefined;
  /** Given: a store that is away is waited for, with a line in this log. Without it that is an error. */
  readonly log?: Logger | undefined;
  /** Aborts the wait for a store. */
  readonly signal?: AbortSignal | undefined;
  /** Of blocks that come from a bucket. Default: see shardCacheOptions. */
  readonly cache?: { readonly folder: string; readonly maxBytes: number } | undefined;
}

/** Reads one kind of data set. @throws DatasetError, for a store ShardError or ObjectStoreError */
export interface DatasetReader<Kind extends DatasetConfig['kind']> {
  /** Its examples in the shape that a model wants. */
  open(config: DatasetConfigOf<Kind>, shape: ImageShape, options: ReadOptions): Promise<Dataset>;
  /**
   * The pictures that it is made of, whole.
   * @param size pixels, of pictures that have no size of their own
   */
  pictures(config: DatasetConfigOf<Kind>, size: number, options: ReadOptions): Promise<PictureSource>;
}

/**
 * The reader of a kind whose images all lie in memory.
 * @param read its second argument is the size that is wanted: images that have another are resized
 */
export function inMemoryReader<Kind extends DatasetConfig['kind']>(
  read: (config: DatasetConfigOf<Kind>, size: number, options: ReadOptions) => Promise<ImageSource>,
): DatasetReader<Kind> {
  return {
    open: async (config, shape, options) =>
      createPixelDataset(await read(config, shape.size, options), shape),
    pictures: async (config, size, options) => picturesOf(await read(config, size, options)),
  };
}
