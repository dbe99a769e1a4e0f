import type { DatasetConfig } from '@atelier/shared/config/run-config';
import { dataCacheFolder } from '../data/cache-config.ts';
import type { Dataset, PreparationProgress } from '../data/dataset.ts';
import type { ImageShape } from '../model/define-model.ts';
import { openCifar10 } from './cifar10.ts';
import { openEmoji } from './emoji.ts';
import { openFolder } from './folder.ts';
import { openIdx } from './idx.ts';
import { openMnist } from './mnist.ts';
import { openShards, type ShardsOptions } from './shards/open-shards.ts';
import { openTextures } from './textures/textures.ts';

export interface OpenDatasetOptions extends ShardsOptions {
  /** Told while pictures are decoded; later openings find them in the cache. */
  readonly onProgress?: PreparationProgress;
  /** Default: see dataCacheFolder. */
  readonly cacheFolder?: string;
}

/**
 * Opens the data of one domain, in the shape that the model wants.
 * @throws DatasetError that names the file, what it has and what was wanted; for shards ShardError, ObjectStoreError
 */
export async function openDataset(
  config: DatasetConfig,
  shape: ImageShape,
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  const { onProgress, cacheFolder = dataCacheFolder() } = options;
  switch (config.kind) {
    case 'mnist':
      return openMnist(config.split, shape);
    case 'emoji':
      return openEmoji(config.split, shape, cacheFolder, onProgress);
    case 'textures':
      return openTextures(config.split, shape, cacheFolder, onProgress);
    case 'idx':
      return openIdx(config.images, config.labels, shape);
    case 'cifar10':
      return openCifar10(config.path, config.split, shape);
    case 'folder':
      return openFolder(config.path, shape, { crops: config.crops, cacheFolder, onProgress });
    case 'shards':
      return openShards(config.path, config.crops, shape, options);
  }
}
