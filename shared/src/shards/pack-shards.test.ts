import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalStore } from '../store/local-store.ts';
import { type PackedPicture, type PackOptions, packShards } from './pack-shards.ts';
import { ShardIndex } from './shard-index.ts';
import { verifyShards } from './verify-shards.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shards-'));
});
afterEach(() => rm(folder, { recursive: true }));

const NUM_PICTURES = 9;
/** Two pictures with their labels: 512 + 1,024 + 512 + 512 bytes each, and the end of a tar. */
const SHARD_BYTES = 2 * 2_560 + 1_024;
const labels = Uint8Array.from({ length: NUM_PICTURES }, (_, i) => (i * 37) % 256);

/** Nothing here looks into a picture. */
function pictureOf(number: number): PackedPicture {
  const png = new Uint8Array(600 + number).map((_, i) => number * 31 + i);
  return { png, width: 8, height: 8, channels: 3 };
}

async function* pictures(count: number = NUM_PICTURES): AsyncGenerator<PackedPicture> {
  for (let number = 0; number < count; number++) yield pictureOf(number);
}

function packTo(place: string, changes: Partial<PackOptions> = {}, source = pictures()) {
  const recipe = createHash('sha256').update('stripes').digest('hex');
  const options = { source: 'stripes', recipe, labels, shardBytes: SHARD_BYTES, isForced: false, ...changes };
  return packShards(source, options, { store: new LocalStore(place) });
}

async function bytesIn(place: string): Promise<Record<string, string>> {
  const files = (await readdir(place, { withFileTypes: true })).filter((entry) => entry.isFile());
  const contents = files.map(
    async ({ name }) => [name, (await readFile(join(place, name))).toString('hex')] as const,
  );
  return Object.fromEntries(await Promise.all(contents));
}

async function filesOfTar(path: string): Promise<[string, Buffer][]> {
  const files: [string, Buffer][] = [];
  const tar = extract();
  Readable.from([await readFile(path)]).pipe(tar);
  for await (const entry of tar) {
    const parts: Buffer[] = [];
    for await (const part of entry as AsyncIterable<Buffer>) parts.push(part);
    files.push([entry.header.name, Buffer.concat(parts)]);
  }
  return files;
}

describe('packed shards', () => {
  it('are tar files of pictures and labels that share a key, none larger than it may be', async () => {
    const { manifest } = await packTo(folder);
    expect(manifest.shards.map(({ numExamples }) => numExamples)).toEqual([2, 2, 2, 2, 1]);
    expect(Math.max(...manifest.shards.map(({ bytes }) => bytes))).toBe(SHARD_BYTES);
    expect(await filesOfTar(join(folder, 'shard-000002.tar'))).toEqual([
      ['000000004.png', Buffer.from(pictureOf(4).png)],
      ['000000004.cls', Buffer.from('148')],
      ['000000005.png', Buffer.from(pictureOf(5).png)],
      ['000000005.cls', Buffer.from('185')],
    ]);
  });

  it('are the same bytes whenever they are packed', async () => {
    const first = await packTo(join(folder, 'first'));
    const second = await packTo(join(folder, 'second'));
    expect(second.digest).toBe(first.digest);
    expect(await bytesIn(join(folder, 'second'))).toEqual(await bytesIn(join(folder, 'first')));
  });

  it('have an index by which any example is found without a search', async () => {
    const { digest } = await packTo(folder);
    const index = await ShardIndex.read(new LocalStore(folder));
    expect(index.digest).toBe(digest);
    expect(index.labels).toEqual(Buffer.from(labels));
    expect(index.manifest.image).toEqual({ width: 8, height: 8, channels: 3 });
    for (const example of [8, 0, 5, 3]) {
      const { shard, offset, length } = index.placeOf(example);
      const found = await new LocalStore(folder).getRange(shard.key, offset, length);
      expect(found).toEqual(pictureOf(example).png);
    }
    expect(() => index.placeOf(NUM_PICTURES)).toThrow(RangeError);
  });

  it('say varied when their pictures have more than one shape', async () => {
    const varied = async function* (): AsyncGenerator<PackedPicture> {
      yield* pictures(2);
      yield { ...pictureOf(2), width: 9 };
      yield* pictures(1);
    };
    expect((await packTo(folder, { labels: undefined }, varied())).manifest.image).toBe('varied');
  });

  it('are finished by the same command after being cut off, without sending anything twice', async () => {
    const cutOff = async function* (): AsyncGenerator<PackedPicture> {
      yield* pictures(5);
      throw new Error('the machine went down');
    };
    await expect(packTo(folder, {}, cutOff())).rejects.toThrow('went down');
    await expect(ShardIndex.read(new LocalStore(folder))).rejects.toMatchObject({ code: 'no-index' });
    const whole = await packTo(await mkdtemp(join(folder, 'whole-')));
    const finished = await packTo(folder);
    expect([finished.digest, finished.numSent]).toEqual([whole.digest, 3]);
    expect((await packTo(folder)).numSent).toBe(0);
    expect(Object.keys(await bytesIn(folder)).filter((name) => !name.startsWith('shard-'))).toEqual([
      'index.bin',
      'index.json',
    ]);
  });

  it('do not take the place of another data set, unless forced: then nothing is left of it', async () => {
    await packTo(folder);
    const other = { recipe: 'b'.repeat(64), labels: undefined };
    await expect(packTo(folder, other, pictures(3))).rejects.toMatchObject({
      code: 'other-index',
      message: expect.stringContaining('--force'),
    });
    const before = await bytesIn(folder);
    const changed = async function* (): AsyncGenerator<PackedPicture> {
      yield { ...pictureOf(0), png: Uint8Array.of(1, 2, 3) };
      yield* pictures(8);
    };
    await expect(packTo(folder, {}, changed())).rejects.toMatchObject({ code: 'other-index' });
    expect(await bytesIn(folder)).toEqual(before);
    await packTo(folder, { ...other, isForced: true }, pictures(4));
    expect(Object.keys(await bytesIn(folder)).toSorted()).toEqual([
      'index.bin',
      'index.json',
      'shard-000000.tar',
      'shard-000001.tar',
    ]);
  });

  it('are verified byte by byte, and which is damaged and how is told', async () => {
    await packTo(folder);
    const store = new LocalStore(folder);
    const problems = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { problem } of verifyShards(await ShardIndex.read(store), { store }))
        found.push(problem);
      return found;
    };
    expect(await problems()).toEqual(['', '', '', '', '']);
    const path = join(folder, 'shard-000001.tar');
    const bytes = await readFile(path);
    bytes[2_000] = (bytes[2_000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await rm(join(folder, 'shard-000002.tar'));
    await writeFile(join(folder, 'shard-000003.tar'), 'short');
    expect(await problems()).toEqual([
      '',
      expect.stringContaining('SHA-256'),
      'missing',
      expect.stringContaining('shorter'),
      '',
    ]);
  });

  it.each([
    ['that is no JSON', 'index.json', () => 'not json', 'pack the data set again'],
    [
      'of a later version',
      'index.json',
      (text: string) => text.replace('"version": 1', '"version": 2'),
      'version',
    ],
    [
      'that contradicts its shards',
      'index.json',
      (text: string) => text.replace('"numExamples": 9', '"numExamples": 8'),
      'numExamples',
    ],
    ['whose records are others', 'index.bin', (text: string) => `x${text.slice(1)}`, 'index.bin'],
  ])('are refused with an index %s', async (_, file, change, message) => {
    await packTo(folder);
    const path = join(folder, file);
    await writeFile(path, change(await readFile(path, 'latin1')), 'latin1');
    await expect(ShardIndex.read(new LocalStore(folder))).rejects.toMatchObject({
      code: 'bad-index',
      message: expect.stringContaining(message),
    });
  });
});
