import type { ReadableStore, ShardEntry } from '@atelier/shared/shards/shard-index';
import pLimit from 'p-limit';
import type { BlockCache } from './block-cache.ts';

/** Bytes of shards, from wherever they lie. */
export interface ShardRanges {
  /** @throws ObjectStoreError */
  read(shard: ShardEntry, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** These bytes were wrong: the next read does not give them out of a cache. */
  forget(shard: ShardEntry, offset: number, length: number): Promise<void>;
}

/** Shards that lie near enough to be read as they are. */
export function directRanges(store: ReadableStore): ShardRanges {
  return {
    read: ({ key }, offset, length, signal) => store.getRange(key, offset, length, signal),
    forget: () => Promise.resolve(),
  };
}

/** Large enough for few requests, small enough that a batch in random order does not wait for whole shards. */
export const BLOCK_BYTES = 1024 ** 2;
const FETCHED_AT_ONCE = 8;

/**
 * Shards far away: every block is fetched once, when an example in it is first read, and is read from the cache after
 * that. An epoch in random order touches every block, so what is fetched beside the wanted example is not in vain.
 */
export class CachedRanges implements ShardRanges {
  readonly #folder: string;
  readonly #store: ReadableStore;
  readonly #cache: BlockCache;
  readonly #limit = pLimit(FETCHED_AT_ONCE);
  /** Asked for by many at once, fetched once. */
  readonly #underWay = new Map<string, Promise<Uint8Array>>();

  /** @param folder of the data set in the cache: another one's blocks have the same names */
  constructor(folder: string, modules: { readonly store: ReadableStore; readonly cache: BlockCache }) {
    this.#folder = folder;
    this.#store = modules.store;
    this.#cache = modules.cache;
  }

  async read(shard: ShardEntry, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const pieces = blocksOf(offset, length).map((block) => {
      const start = block * BLOCK_BYTES;
      const from = Math.max(offset - start, 0);
      const to = Math.min(offset + length - start, BLOCK_BYTES);
      return this.#piece(shard, block, from, to, signal);
    });
    return Buffer.concat(await Promise.all(pieces));
  }

  async forget(shard: ShardEntry, offset: number, length: number): Promise<void> {
    await Promise.all(blocksOf(offset, length).map((block) => this.#cache.drop(this.#nameOf(shard, block))));
  }

  async #piece(
    shard: ShardEntry,
    block: number,
    from: number,
    to: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const name = this.#nameOf(shard, block);
    const kept = await this.#cache.read(name, from, to);
    if (kept !== undefined) return kept;
    const fetched = this.#underWay.get(name) ?? this.#limit(() => this.#fetch(name, shard, block, signal));
    this.#underWay.set(name, fetched);
    return (await fetched).subarray(from, to);
  }

  async #fetch(
    name: string,
    { key, bytes }: ShardEntry,
    block: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    try {
      const start = block * BLOCK_BYTES;
      const fetched = await this.#store.getRange(key, start, Math.min(BLOCK_BYTES, bytes - start), signal);
      await this.#cache.keep(name, fetched);
      return fetched;
    } finally {
      this.#underWay.delete(name);
    }
  }

  #nameOf({ key }: ShardEntry, block: number): string {
    return `${this.#folder}/${key}/${block}`;
  }
}

/** The numbers of the blocks that bytes lie in. */
export function blocksOf(offset: number, length: number): number[] {
  const first = Math.floor(offset / BLOCK_BYTES);
  const last = Math.floor((offset + length - 1) / BLOCK_BYTES);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
