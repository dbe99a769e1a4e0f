import { homedir } from 'node:os';
import { join } from 'node:path';
import { DatasetError } from './dataset.ts';
import type { BlockCacheOptions } from './shards/block-cache.ts';

const DEFAULT_SHARD_CACHE_MB = 10_000;

/** Where prepared data is kept: $ATELIER_CACHE, else the user's cache folder. */
export function dataCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(env), 'data');
}

/** Where the networks that measure pictures are kept once they are trained. */
export function evaluatorCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(env), 'evaluators');
}

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

function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env['ATELIER_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'atelier');
}
