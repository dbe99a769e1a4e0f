import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cropPlaces } from '../data/picture-source.ts';
import { openFolder } from './folder.ts';

const SHAPE = { size: 8, channels: 3 } as const;
let root = '';
let folder = '';
let cacheFolder = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'folder-'));
  folder = join(root, 'pictures');
  cacheFolder = join(root, 'cache');
  await mkdir(join(folder, 'deeper'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

type Colour = { r: number; g: number; b: number; alpha?: number };
const RED: Colour = { r: 255, g: 0, b: 0 };
const BLUE: Colour = { r: 0, g: 0, b: 255 };

function plain(width: number, height: number, background: Colour): Sharp {
  return sharp({ create: { width, height, channels: background.alpha === undefined ? 3 : 4, background } });
}

async function colours(dataset: Awaited<ReturnType<typeof openFolder>>): Promise<number[][]> {
  const all = Array.from({ length: dataset.numExamples }, (_, i) => i);
  return Promise.all(all.map(async (index) => [...(await dataset.read([index])).subarray(0, 3)]));
}

describe('a folder of pictures', () => {
  it('reads subfolders in the order of names, and leaves other files alone', async () => {
    await plain(20, 10, BLUE)
      .png()
      .toFile(join(folder, 'deeper', 'a.png'));
    await plain(10, 30, RED).webp({ lossless: true }).toFile(join(folder, 'b.webp'));
    await writeFile(join(folder, 'notes.txt'), 'not a picture');
    const dataset = await openFolder(folder, SHAPE, { crops: 1, cacheFolder });
    expect(await colours(dataset)).toEqual([
      [1, -1, -1],
      [-1, -1, 1],
    ]);
  });

  it('reads the same lazily, from the cache, and decoded anew, and knows a changed picture', async () => {
    await plain(12, 9, RED).png().toFile(join(folder, 'a.png'));
    const options = { crops: 2, cacheFolder };
    const first = await openFolder(folder, SHAPE, options);
    const cached = await openFolder(folder, SHAPE, options);
    const lazy = await openFolder(folder, SHAPE, { ...options, maxBytesInMemory: 1 });
    expect(cached.digest).toBe(first.digest);
    expect(await lazy.read([1, 0])).toEqual(await first.read([1, 0]));
    await plain(12, 9, BLUE).png().toFile(join(folder, 'a.png'));
    await writeFile(join(folder, 'a.png'), await plain(13, 9, BLUE).png().toBuffer());
    expect((await openFolder(folder, SHAPE, options)).digest).not.toBe(first.digest);
  });

  it('turns a picture upright by its EXIF orientation', async () => {
    const left = await plain(8, 16, RED).png().toBuffer();
    const picture = plain(16, 16, BLUE).composite([{ input: left, left: 0, top: 0 }]);
    await sharp(await picture.png().toBuffer())
      .withMetadata({ orientation: 6 })
      .png()
      .toFile(join(folder, 'a.png'));
    const values = await (await openFolder(folder, SHAPE, { crops: 1, cacheFolder })).read([0]);
    // Orientation 6: shown turned by 90 degrees clockwise, so the left half comes to the top.
    expect([...values.subarray(0, 3)]).toEqual([1, -1, -1]);
    expect([...values.subarray(-3)]).toEqual([-1, -1, 1]);
  });

  it('puts transparent pixels over neutral grey', async () => {
    await plain(8, 8, { ...RED, alpha: 0 })
      .png()
      .toFile(join(folder, 'a.png'));
    const values = await (await openFolder(folder, SHAPE, { crops: 1, cacheFolder })).read([0]);
    expect(new Set(values)).toEqual(new Set([Math.fround(128 / 127.5 - 1)]));
  });

  it('refuses a picture that cannot be decoded, by name, at once or when it is read', async () => {
    const whole = await sharp(Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251)), {
      raw: { width: 64, height: 64, channels: 3 },
    })
      .png()
      .toBuffer();
    await writeFile(join(folder, 'cut.png'), whole.subarray(0, whole.length / 2));
    await expect(openFolder(folder, SHAPE, { crops: 1, cacheFolder })).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('cut.png'),
    });
    const lazy = await openFolder(folder, SHAPE, { crops: 1, cacheFolder, maxBytesInMemory: 1 });
    await expect(lazy.read([0])).rejects.toThrow('cut.png');
  });

  it('refuses an empty folder and one that is not there', async () => {
    await expect(openFolder(folder, SHAPE, { crops: 1, cacheFolder })).rejects.toMatchObject({
      code: 'empty',
    });
    await expect(openFolder(join(folder, 'no'), SHAPE, { crops: 1, cacheFolder })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('keeps every crop inside the picture', () => {
    for (const [width, height] of [
      [100, 60],
      [3, 300],
      [1, 1],
    ] as const) {
      for (const { left, top, size } of cropPlaces(width, height, 20)) {
        expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
        expect(left + size).toBeLessThanOrEqual(width);
        expect(top + size).toBeLessThanOrEqual(height);
      }
    }
  });
});
