import { mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlockCache } from './block-cache.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blocks-'));
});
afterEach(() => rm(folder, { recursive: true }));

const block = (value: number): Uint8Array => new Uint8Array(100).fill(value);

/** As if it had last been used so many minutes ago. */
async function age(name: string, minutes: number): Promise<void> {
  const then = new Date(Date.now() - minutes * 60_000);
  await utimes(join(folder, name), then, then);
}

describe('a cache of blocks', () => {
  it('gives parts of what it keeps, also what another process has kept', async () => {
    const [one, other] = [0, 1].map(() => new BlockCache({ folder, maxBytes: 1_000 }));
    await one?.keep('set/shard/0', Uint8Array.of(1, 2, 3, 4));
    expect(await other?.read('set/shard/0', 1, 3)).toEqual(Uint8Array.of(2, 3));
    expect(await other?.read('set/shard/1', 0, 1)).toBeUndefined();
    await other?.drop('set/shard/0');
    expect(await one?.read('set/shard/0', 1, 3)).toBeUndefined();
  });

  it('lets those go that were not used for longest, of all data sets', async () => {
    const cache = new BlockCache({ folder, maxBytes: 300 });
    for (const [i, name] of ['a/0', 'b/0', 'a/1'].entries()) {
      await cache.keep(name, block(i));
      await age(name, 10 - i);
    }
    expect(await cache.read('a/0', 0, 1)).toEqual(Uint8Array.of(0));
    await cache.keep('c/0', block(3));
    const kept = await Promise.all(['a/0', 'b/0', 'a/1', 'c/0'].map((name) => cache.read(name, 0, 100)));
    expect(kept.map((bytes) => bytes !== undefined)).toEqual([true, false, true, true]);
  });

  it('makes room at once for what it finds over the bound', async () => {
    const before = new BlockCache({ folder, maxBytes: 10_000 });
    for (let i = 0; i < 20; i++) {
      await before.keep(`a/${i}`, block(i));
      await age(`a/${i}`, 30 - i);
    }
    await new BlockCache({ folder, maxBytes: 500 }).keep('a/20', block(20));
    expect((await readdir(join(folder, 'a'))).toSorted()).toEqual(['16', '17', '18', '19', '20']);
  });

  it('takes a file that was cut short for one that is not there', async () => {
    const cache = new BlockCache({ folder, maxBytes: 1_000 });
    await cache.keep('a/0', block(1));
    await truncate(join(folder, 'a/0'), 50);
    expect(await cache.read('a/0', 0, 50)).toEqual(block(1).subarray(0, 50));
    expect(await cache.read('a/0', 40, 60)).toBeUndefined();
  });

  it('says so when it cannot keep a block, and goes on', async () => {
    await writeFile(join(folder, 'file'), '');
    const cache = new BlockCache({ folder: join(folder, 'file'), maxBytes: 1_000 });
    expect(await cache.keep('a/0', block(1))).toBe(false);
    expect(await cache.read('a/0', 0, 1)).toBeUndefined();
  });
});
