import { crc32 } from 'node:zlib';
import { ShardError } from '@atelier/shared/shards/shard-error';
import type { ShardIndex } from '@atelier/shared/shards/shard-index';
import { ObjectStoreError, type ObjectStoreErrorCode } from '@atelier/shared/store/object-store';
import { blocksOf, type ShardRanges } from './shard-ranges.ts';

const DAMAGE: ReadonlySet<ObjectStoreErrorCode> = new Set(['not-found', 'truncated', 'damaged']);

/** Examples out of shards, each checked against the index whichever way its bytes came. */
export class ShardReader {
  readonly #location: string;
  readonly #index: ShardIndex;
  readonly #ranges: ShardRanges;

  constructor(location: string, modules: { readonly index: ShardIndex; readonly ranges: ShardRanges }) {
    this.#location = location;
    this.#index = modules.index;
    this.#ranges = modules.ranges;
  }

  /**
   * The picture of an example as it was packed. Wrong bytes are fetched once more.
   * @throws ShardError 'damaged' that names the shard, ObjectStoreError
   */
  async read(example: number, signal?: AbortSignal): Promise<Uint8Array> {
    const { shard, offset, length, crc32: wanted } = this.#index.placeOf(example);
    let found = 0;
    for (let attempt = 1; attempt <= 2; attempt++) {
      const bytes = await this.#bytes(example, signal);
      found = crc32(bytes);
      if (found === wanted) return bytes;
      await this.#ranges.forget(shard, offset, length);
    }
    throw this.#damaged(example, `CRC-32 ${found.toString(16)}, wanted ${wanted.toString(16)}`);
  }

  async #bytes(example: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { shard, offset, length } = this.#index.placeOf(example);
    try {
      return await this.#ranges.read(shard, offset, length, signal);
    } catch (error) {
      const isDamage = error instanceof ObjectStoreError && DAMAGE.has(error.code);
      throw isDamage ? this.#damaged(example, error.message, error) : error;
    }
  }

  #damaged(example: number, what: string, cause?: unknown): ShardError {
    const { shard, offset, length } = this.#index.placeOf(example);
    const place = `bytes ${offset} to ${offset + length} (block ${blocksOf(offset, length).join(', ')})`;
    return new ShardError(
      'damaged',
      `${this.#location}: ${shard.key} is damaged at ${place}, example ${example}: ${what}. ` +
        'atelier data verify lists all damage, atelier data pack --force writes the data set again',
      { cause },
    );
  }
}
