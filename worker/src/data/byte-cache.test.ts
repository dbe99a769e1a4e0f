import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedBytes } from './byte-cache.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bytes-'));
});
afterEach(() => rm(folder, { recursive: true }));

const build = async (): Promise<Uint8Array> => Uint8Array.of(1, 2, 3);
const unwanted = async (): Promise<Uint8Array> => {
  throw new Error('built again');
};

describe('cachedBytes', () => {
  it('builds once', async () => {
    const built = await cachedBytes(folder, 'file', build);
    const kept = await cachedBytes(folder, 'file', unwanted);
    expect(kept).toEqual({ ...built, bytes: Buffer.of(1, 2, 3) });
  });

  it('builds anew what is damaged', async () => {
    await cachedBytes(folder, 'file', build);
    const path = join(folder, (await readdir(folder))[0] ?? '');
    const bytes = await readFile(path);
    bytes[0] = 99;
    await writeFile(path, bytes);
    expect([...(await cachedBytes(folder, 'file', build)).bytes]).toEqual([1, 2, 3]);
  });

  it('goes on without a cache that cannot be written', async () => {
    const blocked = join(folder, 'file');
    await writeFile(blocked, '');
    expect([...(await cachedBytes(join(blocked, 'x'), 'file', build)).bytes]).toEqual([1, 2, 3]);
  });
});
