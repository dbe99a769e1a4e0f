import type { DatasetConfig } from '@atelier/shared/config/run-config';
import type { DatasetReader } from '../data/dataset-reader.ts';
import { cifar10 } from './cifar10.ts';
import { emoji } from './emoji.ts';
import { folder } from './folder.ts';
import { idx } from './idx.ts';
import { mnist } from './mnist.ts';
import { npy } from './npy.ts';
import { shards } from './shards/open-shards.ts';
import { textures } from './textures/textures.ts';

type Readers = { readonly [Kind in DatasetConfig['kind']]: DatasetReader<Kind> };

/** One for each of DATASET_KINDS: a missing one does not compile. */
const READERS: Readers = { mnist, emoji, textures, idx, npy, cifar10, folder, shards };

/** The reader takes the config that it was asked for. */
export function readerOf(config: DatasetConfig): DatasetReader<DatasetConfig['kind']> {
  return READERS[config.kind] as DatasetReader<DatasetConfig['kind']>;
}
