import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './open-dataset.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'idx-'));
});
afterAll(() => rm(folder, { recursive: true }));

function idx(dimensions: readonly number[], values: Uint8Array, type = 0x08): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = type;
  header[3] = dimensions.length;
  dimensions.forEach((dimension, i) => {
    header.writeUInt32BE(dimension, 4 + 4 * i);
  });
  return Buffer.concat([header, values]);
}

const pixels = Uint8Array.from({ length: 2 * 16 }, (_, i) => i * 8);
const images = idx([2, 4, 4], pixels);

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('idx data', () => {
  it('reads images and labels, gzipped or not, scaled to [-1, 1]', async () => {
    const labels = await file('labels', idx([2], Uint8Array.of(7, 3)));
    const plain = await openDataset(
      { kind: 'idx', images: await file('images', images), labels },
      { size: 4, channels: 1 },
    );
    const zipped = await openDataset(
      { kind: 'idx', images: await file('images.gz', gzipSync(images)), labels },
      { size: 4, channels: 1 },
    );
    expect([...(plain.labels ?? [])]).toEqual([7, 3]);
    expect([...(await plain.read([1]))]).toEqual(
      [...pixels.subarray(16)].map((value) => Math.fround(value / 127.5 - 1)),
    );
    expect(await zipped.read([1, 0])).toEqual(await plain.read([1, 0]));
    expect(zipped.digest).toBe(plain.digest);
  });

  it('has another digest when one pixel differs', async () => {
    const other = Buffer.from(images);
    other[images.length - 1] = 255;
    const shape = { size: 4, channels: 1 } as const;
    const [a, b] = [
      await openDataset({ kind: 'idx', images: await file('a', images) }, shape),
      await openDataset({ kind: 'idx', images: await file('b', other) }, shape),
    ];
    expect(a.digest).not.toBe(b.digest);
  });

  it.each([
    ['a missing file', undefined, 'not-found', 'does not exist'],
    [
      'a cut header',
      images.subarray(0, 9),
      'truncated',
      'has 9 bytes; the header of an IDX file of 3 dimensions alone has 16',
    ],
    [
      'cut pixels',
      images.subarray(0, -5),
      'truncated',
      'has 27 bytes of values; its header (2 x 4 x 4) wants 32',
    ],
    ['bytes over', Buffer.concat([images, Buffer.alloc(3)]), 'wrong-format', 'has 35 bytes of values'],
    ['labels in place of images', idx([40], new Uint8Array(40)), 'wrong-format', 'begins with 0x00000801'],
    ['floats', idx([2, 4, 4], pixels, 0x0d), 'wrong-format', '0x00000d03'],
    ['a text file', Buffer.from('<html>404 not found</html>'), 'wrong-format', 'begins with 0x3c68746d'],
    ['a cut gzip file', gzipSync(images).subarray(0, 20), 'truncated', 'not a complete gzip file'],
    ['no images', idx([0, 4, 4], new Uint8Array(0)), 'empty', 'contains no images'],
    ['oblong images', idx([2, 2, 8], pixels), 'wrong-format', '2 x 8 pixels'],
  ])('refuses %s by the name of the file', async (name, bytes, code, message) => {
    const path = join(folder, name);
    if (bytes !== undefined) await file(name, bytes);
    const opening = openDataset({ kind: 'idx', images: path }, { size: 4, channels: 1 });
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    await expect(opening).rejects.toThrow(path);
  });

  it('refuses labels of another number', async () => {
    const labels = await file('three', idx([3], Uint8Array.of(1, 2, 3)));
    const opening = openDataset(
      { kind: 'idx', images: await file('two', images), labels },
      { size: 4, channels: 1 },
    );
    await expect(opening).rejects.toThrow(/three has 3 labels; .*two has 2 images/);
  });
});
