import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedPixels } from './pixel-cache.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pixels-'));
});
afterEach(() => rm(folder, { recursive: true }));

const build = async (): Promise<Uint8Array> => Uint8Array.of(1, 2, 3);
const unwanted = async (): Promise<Uint8Array> => {
  throw new Error('built again');
};

describe('cachedPixels', () => {
  it('builds once', async () => {
    const built = await cachedPixels(folder, 'key', build);
    const kept = await cachedPixels(folder, 'key', unwanted);
    expect(kept).toEqual({ ...built, pixels: Buffer.of(1, 2, 3) });
  });

  it('builds anew what is damaged', async () => {
    await cachedPixels(folder, 'key', build);
    const path = join(folder, (await readdir(folder))[0] ?? '');
    const bytes = await readFile(path);
    bytes[0] = 99;
    await writeFile(path, bytes);
    expect([...(await cachedPixels(folder, 'key', build)).pixels]).toEqual([1, 2, 3]);
  });

  it('goes on without a cache that cannot be written', async () => {
    const blocked = join(folder, 'file');
    await writeFile(blocked, '');
    expect([...(await cachedPixels(join(blocked, 'x'), 'key', build)).pixels]).toEqual([1, 2, 3]);
  });
});
