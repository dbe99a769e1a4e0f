import { join } from 'node:path';
import { cacheFolder } from '../../data/cache-config.ts';
import { DatasetError } from '../../data/dataset.ts';
import type { BlockCacheOptions } from './block-cache.ts';

const DEFAULT_SHARD_CACHE_MB = 10_000;

/**
 * Where blocks of remote shards are kept, and how many bytes of them: $ATELIER_SHARD_CACHE_MB, else 10,000 MB.
 * @throws DatasetError for anything but a whole number
 */
export function shardCacheOptions(env: NodeJS.ProcessEnv = process.env): BlockCacheOptions {
  const setting = env['ATELIER_SHARD_CACHE_MB'] || String(DEFAULT_SHARD_CACHE_MB);
  if (!/^\d+$/.test(setting)) {
    throw new DatasetError(
      'wrong-format',
      `ATELIER_SHARD_CACHE_MB is '${setting}': wanted a whole number of megabytes`,
    );
  }
  return { folder: join(cacheFolder(env), 'shards'), maxBytes: Number(setting) * 1e6 };
}
