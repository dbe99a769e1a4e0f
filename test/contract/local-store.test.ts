import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haltingDisk } from '@atelier/shared/disk/testing/halting-disk';
import { LocalStore } from '@atelier/shared/store/local-store';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeObjectStore } from './object-store.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'local-store-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let numStores = 0;
async function emptyFolder(): Promise<string> {
  numStores += 1;
  const folder = join(root, String(numStores));
  await mkdir(folder);
  return folder;
}

describeObjectStore('LocalStore', async () => new LocalStore(await emptyFolder()));
describeObjectStore(
  'LocalStore on a disk that reads in pieces',
  async () => new LocalStore(await emptyFolder(), haltingDisk),
);

it('makes its folder when the first object is put', async () => {
  const store = new LocalStore(join(await emptyFolder(), 'not', 'yet'));
  expect(await store.list('')).toEqual([]);
  await store.put('key', Uint8Array.of(1));
  expect(await store.list('')).toEqual(['key']);
});

it('does not show what a killed writer left, and clears it away', async () => {
  const folder = await emptyFolder();
  await mkdir(join(folder, '.unfinished'));
  await writeFile(join(folder, '.unfinished', '1-1'), 'half');
  const store = new LocalStore(folder);
  expect(await store.list('')).toEqual([]);
  await store.put('key', Uint8Array.of(1));
  expect(await readdir(join(folder, '.unfinished'))).toEqual([]);
});

it('says unavailable, with the reason, when the folder cannot be written', async () => {
  const file = join(await emptyFolder(), 'file');
  await writeFile(file, '');
  await expect(new LocalStore(file).put('key', Uint8Array.of(1))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(file),
  });
});
