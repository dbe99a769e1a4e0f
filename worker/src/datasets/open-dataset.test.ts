import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { packShards } from '@atelier/shared/shards/pack-shards';
import { LocalStore } from '@atelier/shared/store/local-store';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../data/dataset.ts';
import { packedPictures } from '../data/packed-pictures.ts';
import type { ImageShape } from '../model/define-model.ts';
import { openDataset } from './open-dataset.ts';
import { openPictures } from './open-pictures.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'open-shards-'));
  await mkdir(join(root, 'pictures'));
  for (const [i, [width, height]] of [
    [20, 13],
    [9, 30],
    [16, 16],
  ].entries()) {
    const pixels = noise(i, (width ?? 0) * (height ?? 0) * 4);
    const picture = sharp(pixels, { raw: { width: width ?? 0, height: height ?? 0, channels: 4 } });
    await picture.png().toFile(join(root, 'pictures', `${i}.png`));
  }
  await writeFile(join(root, 'images.idx'), Buffer.concat([idxHeader(3, 7, 28, 28), noise(9, 7 * 28 * 28)]));
  await writeFile(join(root, 'labels.idx'), Buffer.concat([idxHeader(1, 7), Buffer.of(3, 1, 4, 1, 5, 9, 2)]));
});
afterAll(() => rm(root, { recursive: true }));

function noise(seed: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * 7919 + seed * 104729 + ((i * i) % 251)) % 256));
}

function idxHeader(...values: readonly number[]): Buffer {
  const [dimensions = 0, ...sizes] = values;
  const header = Buffer.alloc(4 + 4 * dimensions);
  header.writeUInt32BE(0x0800 | dimensions, 0);
  for (const [i, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return header;
}

function configOf(input: object): DatasetConfig {
  const { data } = runConfigSchema.shape.data.parse({ data: input }) as { data: DatasetConfig };
  return data;
}

/** Packs it and gives the config of the shards. */
async function packed(config: DatasetConfig, size?: number): Promise<{ kind: 'shards'; path: string }> {
  const path = await mkdtemp(join(root, 'shards-'));
  const source = await openPictures(config, { size, cacheFolder: join(root, 'cache') });
  const { name, labels, contentDigest: recipe } = source;
  const options = { source: name, recipe, labels, shardBytes: 4_000, isForced: false };
  await packShards(packedPictures(source), options, { store: new LocalStore(path) });
  return { kind: 'shards', path };
}

const open = (input: object, shape: ImageShape): Promise<Dataset> =>
  openDataset(configOf(input), shape, { cacheFolder: join(root, 'cache') });

async function allOf(dataset: Dataset): Promise<Float32Array> {
  return dataset.read(Array.from({ length: dataset.numExamples }, (_, i) => i));
}

describe('a data set out of shards', () => {
  it.each([
    { size: 28, channels: 1 },
    { size: 32, channels: 1 },
    { size: 16, channels: 3 },
  ] as const)(
    'has the bits of the grey pictures that were packed, at $size x $size x $channels',
    async (shape) => {
      const source = { kind: 'idx', images: join(root, 'images.idx'), labels: join(root, 'labels.idx') };
      const [before, after] = [await open(source, shape), await open(await packed(configOf(source)), shape)];
      expect(await allOf(after)).toEqual(await allOf(before));
      expect([...(after.labels ?? [])]).toEqual([3, 1, 4, 1, 5, 9, 2]);
    },
  );

  it('has the bits of the crops of a folder, packed whole or packed as squares', async () => {
    const shape = { size: 8, channels: 3 } as const;
    const source = { kind: 'folder', path: join(root, 'pictures'), crops: 3 };
    const wanted = await allOf(await open(source, shape));
    const whole = await open({ ...(await packed(configOf(source))), crops: 3 }, shape);
    const squares = await open(await packed(configOf(source), 8), shape);
    expect(whole.numExamples).toBe(9);
    expect(await allOf(whole)).toEqual(wanted);
    expect(await allOf(squares)).toEqual(wanted);
  });

  it('can be packed again, and is another one when a picture, the crops or the shape are others', async () => {
    const shape = { size: 8, channels: 3 } as const;
    const folder = { kind: 'folder', path: join(root, 'pictures') };
    const shards = await packed(configOf(folder));
    const again = await packed(configOf(shards));
    const other = await packed(configOf({ kind: 'idx', images: join(root, 'images.idx') }));
    const first = await open(shards, shape);
    expect(await allOf(await open(again, shape))).toEqual(await allOf(first));
    expect((await open(shards, shape)).digest).toBe(first.digest);
    const others = [
      await open(other, shape),
      await open({ ...shards, crops: 2 }, shape),
      await open(shards, { size: 9, channels: 3 }),
    ];
    expect(new Set([first, ...others].map(({ digest }) => digest)).size).toBe(4);
  });
});
