import { type ReadableStore, ShardIndex } from '@atelier/shared/shards/shard-index';
import { openStore } from '@atelier/shared/store/open-store';
import { isS3Url } from '@atelier/shared/store/s3-connection';
import type { Dataset } from '../../data/dataset.ts';
import type { DatasetReader, ReadOptions } from '../../data/dataset-reader.ts';
import { createLazyDataset, MAX_BYTES_IN_MEMORY } from '../../data/lazy-dataset.ts';
import { decodePng } from '../../data/picture-png.ts';
import type { PictureSource } from '../../data/picture-source.ts';
import { sha256 } from '../../data/pixel-dataset.ts';
import type { ImageShape } from '../../model/define-model.ts';
import { BlockCache } from './block-cache.ts';
import { PatientStore } from './patient-store.ts';
import { shardCacheOptions } from './shard-cache.ts';
import { CachedRanges, directRanges, type ShardRanges } from './shard-ranges.ts';
import { ShardReader } from './shard-reader.ts';

export const shards: DatasetReader<'shards'> = {
  open: ({ path, crops }, shape, options) => openShards(path, crops, shape, options),
  pictures: ({ path }) => readShards(path),
};

type ShardsOptions = Pick<ReadOptions, 'log' | 'signal' | 'cache'>;

/**
 * What `atelier data pack` has written, as examples. Its digest holds the index's, and with it every byte.
 * @throws ShardError 'no-index' | 'bad-index', ObjectStoreError
 */
async function openShards(
  path: string,
  crops: number,
  shape: ImageShape,
  options: ShardsOptions,
): Promise<Dataset> {
  const source = await readShards(path, options);
  return createLazyDataset({ ...source, name: `shards ${path}` }, shape, {
    crops,
    maxBytesInMemory: MAX_BYTES_IN_MEMORY,
    digest: sha256(`${source.contentDigest} ${crops} ${shape.size} ${shape.channels}`),
  });
}

/** The packed pictures themselves. */
async function readShards(path: string, options: ShardsOptions = {}): Promise<PictureSource> {
  const { log, signal } = options;
  const isRemote = isS3Url(path);
  const opened = openStore(path, path);
  // A folder is there or it is not; a bucket may come back.
  const store = isRemote && log !== undefined ? new PatientStore(opened, { log }) : opened;
  const index = await ShardIndex.read(store, signal);
  const ranges = isRemote ? cachedRanges(store, index, options) : directRanges(store);
  const reader = new ShardReader(store.location, { index, ranges });
  return {
    name: index.manifest.source,
    numPictures: index.manifest.numExamples,
    contentDigest: sha256('shards ', index.digest),
    labels: index.labels,
    pictureAt: async (place, readSignal) =>
      decodePng(await reader.read(place, readSignal), `${store.location}: example ${place}`),
  };
}

function cachedRanges(store: ReadableStore, index: ShardIndex, options: ShardsOptions): ShardRanges {
  const { cache: cacheOptions = shardCacheOptions(), log } = options;
  const bytes = index.manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  if (bytes > cacheOptions.maxBytes) {
    log?.warn(
      { store: store.location, bytes, cacheBytes: cacheOptions.maxBytes },
      'data set larger than its cache; raise ATELIER_SHARD_CACHE_MB to avoid reading it again in every epoch',
    );
  }
  return new CachedRanges(index.digest, { store, cache: new BlockCache(cacheOptions) });
}
