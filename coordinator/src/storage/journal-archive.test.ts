import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemDisk } from '@atelier/shared/disk/system-disk';
import { haltingDisk } from '@atelier/shared/disk/testing/halting-disk';
import { LocalStore } from '@atelier/shared/store/local-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalArchive } from './journal-archive.ts';

const { signal } = new AbortController();
let folder = '';
let store = new LocalStore('.');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-'));
  store = new LocalStore(join(folder, 'store'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const pathOf = (disk: string): string => join(folder, disk);
const archiveOf = (disk: string): JournalArchive =>
  new JournalArchive({ path: pathOf(disk), runId: 'run', segmentBytes: 10 }, { store, disk: systemDisk });

async function saved(...texts: readonly string[]): Promise<void> {
  const archive = archiveOf('first');
  for (const text of texts) {
    await appendFile(pathOf('first'), text);
    await archive.save(signal);
  }
}

async function restored(disk: string): Promise<string> {
  await archiveOf(disk).restore();
  return readFile(pathOf(disk), 'utf8');
}

describe("a journal's copy in the store", () => {
  it('has each line once, in objects of whole lines that begin where the one before ends', async () => {
    await saved('one\n', 'two\nthree\nfour\n', '');
    expect(await store.list('')).toEqual(
      [0, 4, 14].map((begin) => `journal/run/${String(begin).padStart(15, '0')}.jsonl`),
    );
    expect(await restored('second')).toBe('one\ntwo\nthree\nfour\n');
  });

  it('is gone on with by whoever restored it, and completes a journal that has a part', async () => {
    await saved('one\n', 'two\nthree\n');
    await writeFile(pathOf('second'), 'one\ntw');
    const archive = archiveOf('second');
    await archive.restore();
    await appendFile(pathOf('second'), 'four\n');
    await archive.save(signal);
    expect(await restored('third')).toBe('one\ntwo\nthree\nfour\n');
  });

  it('compares a journal that the disk gives in small pieces', async () => {
    await saved('one\n', 'two\nthree\n');
    await new JournalArchive({ path: pathOf('first'), runId: 'run' }, { store, disk: haltingDisk }).restore();
    expect(await readFile(pathOf('first'), 'utf8')).toBe('one\ntwo\nthree\n');
  });

  it('leaves a journal that is longer as it is', async () => {
    await saved('one\n');
    await appendFile(pathOf('first'), 'two\n');
    expect(await restored('first')).toBe('one\ntwo\n');
  });

  it('refuses a journal that tells another history, and one whose lines it has lost', async () => {
    await saved('one\n', 'two\n');
    await writeFile(pathOf('second'), 'one\nzwo\n');
    await expect(restored('second')).rejects.toMatchObject({ code: 'other-run' });
    await store.remove(`journal/run/${'0'.repeat(15)}.jsonl`);
    await expect(restored('third')).rejects.toMatchObject({ code: 'damaged' });
  });
});
