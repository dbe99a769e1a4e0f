import { createHash } from 'node:crypto';
import { ObjectStoreError } from '../store/object-store.ts';
import type { ReadableStore, ShardEntry, ShardIndex } from './shard-index.ts';

export interface VerifiedShard {
  readonly shard: ShardEntry;
  /** In words; empty when all is well. */
  readonly problem: string;
}

const READ_BYTES = 4 * 1024 ** 2;

/**
 * Reads every byte of every shard and compares it with the index, a shard at a time.
 * @throws ObjectStoreError when the store cannot be read
 */
export async function* verifyShards(
  index: ShardIndex,
  modules: { readonly store: ReadableStore },
  signal?: AbortSignal,
): AsyncGenerator<VerifiedShard> {
  for (const shard of index.manifest.shards) {
    yield { shard, problem: await problemOf(shard, modules.store, signal) };
  }
}

async function problemOf(
  { key, bytes, sha256 }: ShardEntry,
  store: ReadableStore,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  try {
    for (let at = 0; at < bytes; at += READ_BYTES) {
      hash.update(await store.getRange(key, at, Math.min(READ_BYTES, bytes - at), signal));
    }
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    if (error.code === 'not-found') return 'missing';
    if (error.code === 'truncated') return `it is shorter than the ${bytes} bytes in its index`;
    if (error.code === 'damaged') return error.message;
    throw error;
  }
  const found = hash.digest('hex');
  return found === sha256 ? '' : `SHA-256 ${found}, wanted ${sha256}`;
}
