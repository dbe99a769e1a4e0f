import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PackedPicture, packShards } from '@atelier/shared/shards/pack-shards';
import { ShardIndex } from '@atelier/shared/shards/shard-index';
import { LocalStore } from '@atelier/shared/store/local-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlockCache } from './block-cache.ts';
import { BLOCK_BYTES, CachedRanges, directRanges } from './shard-ranges.ts';
import { ShardReader } from './shard-reader.ts';

const NUM_PICTURES = 12;
const SHARD_BYTES = 2 * BLOCK_BYTES;
let root = '';
let place = '';
let store: LocalStore;
let index: ShardIndex;

/** Large enough that some lie in two blocks. */
function bytesOf(number: number): Uint8Array {
  return new Uint8Array(300_000).map((_, i) => number + i * 7);
}

async function* pictures(): AsyncGenerator<PackedPicture> {
  for (let number = 0; number < NUM_PICTURES; number++) {
    yield { png: bytesOf(number), width: 1, height: 1, channels: 1 };
  }
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'reader-'));
  place = join(root, 'shards');
  store = new LocalStore(place);
  const options = { source: '', recipe: '0'.repeat(64), labels: undefined, isForced: false };
  await packShards(pictures(), { ...options, shardBytes: SHARD_BYTES }, { store });
  index = await ShardIndex.read(store);
});
afterEach(() => rm(root, { recursive: true }));

const cacheFolder = (): string => join(root, 'cache');

/** Reads as a worker does whose shards are far away. */
function distantReader(maxBytes: number = 100 * BLOCK_BYTES): ShardReader {
  const cache = new BlockCache({ folder: cacheFolder(), maxBytes });
  return new ShardReader(store.location, { index, ranges: new CachedRanges('set', { store, cache }) });
}

/** Which examples come as they were packed. */
const readAll = (reader: ShardReader): Promise<boolean[]> =>
  Promise.all(Array.from({ length: NUM_PICTURES }, (_, i) => isGood(reader, i)));

async function isGood(reader: ShardReader, example: number): Promise<boolean> {
  return Buffer.compare(await reader.read(example), bytesOf(example)) === 0;
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  await writeFile(path, bytes);
}

/** The middle of an example, in its shard. */
function middleOf(example: number): { readonly path: string; readonly at: number } {
  const { shard, offset, length } = index.placeOf(example);
  return { path: join(place, shard.key), at: offset + Math.floor(length / 2) };
}

describe('a reader of shards', () => {
  it('reads every example, directly, over a cache, and out of the cache alone', async () => {
    const wanted = Array.from({ length: NUM_PICTURES }, () => true);
    const direct = new ShardReader(store.location, { index, ranges: directRanges(store) });
    expect(await readAll(direct)).toEqual(wanted);
    expect(await readAll(distantReader())).toEqual(wanted);
    for (const { key } of index.manifest.shards) await rm(join(place, key));
    expect(await readAll(distantReader())).toEqual(wanted);
  });

  it('reads what it must over a cache that is far too small', async () => {
    const reader = distantReader(2 * BLOCK_BYTES);
    for (let round = 0; round < 2; round++) await readAll(reader);
    const files = await readdir(cacheFolder(), { recursive: true, withFileTypes: true });
    expect(files.filter((entry) => entry.isFile()).length).toBeLessThanOrEqual(2);
  });

  it('fetches a damaged block of the cache again', async () => {
    await readAll(distantReader());
    const { shard, offset } = index.placeOf(1);
    const cached = join(cacheFolder(), 'set', shard.key, '0');
    await flipByte(cached, offset + 5);
    expect(await isGood(distantReader(), 1)).toBe(true);
    const wanted = (await readFile(join(place, shard.key))).subarray(0, BLOCK_BYTES);
    expect(Buffer.compare(await readFile(cached), wanted)).toBe(0);
  });

  it('names the shard and the block of what is damaged where it lies, and reads it once it is repaired', async () => {
    const { path, at } = middleOf(2);
    await copyFile(path, join(root, 'good'));
    await flipByte(path, at);
    const reader = distantReader();
    await expect(reader.read(2)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringMatching(/shard-000000\.tar is damaged at bytes .* \(block 0\), example 2/),
    });
    expect(await isGood(reader, 1)).toBe(true);
    await copyFile(join(root, 'good'), path);
    expect(await isGood(reader, 2)).toBe(true);
  });

  it.each([
    ['missing', (path: string) => rm(path), 'has no shard-000000.tar'],
    ['cut short', (path: string) => writeFile(path, 'short'), 'ends before'],
  ])('names a shard that is %s', async (_, damage, message) => {
    await damage(middleOf(0).path);
    for (const reader of [
      distantReader(),
      new ShardReader(store.location, { index, ranges: directRanges(store) }),
    ]) {
      await expect(reader.read(0)).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringContaining(message),
      });
    }
  });
});
