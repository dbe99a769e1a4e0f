import type { DatasetConfig } from '@atelier/shared/config/run-config';
import { dataCacheFolder } from '../data/cache-config.ts';
import type { Dataset } from '../data/dataset.ts';
import type { ReadOptions } from '../data/dataset-reader.ts';
import type { ImageShape } from '../model/define-model.ts';
import { readerOf } from './dataset-readers.ts';

/** Default of cacheFolder: see dataCacheFolder. */
export type OpenDatasetOptions = Partial<ReadOptions>;

/**
 * Opens the data of one domain, in the shape that the model wants.
 * @throws DatasetError that names the file, what it has and what was wanted; for shards ShardError, ObjectStoreError
 */
export async function openDataset(
  config: DatasetConfig,
  shape: ImageShape,
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  const { cacheFolder = dataCacheFolder() } = options;
  return readerOf(config).open(config, shape, { ...options, cacheFolder });
}
