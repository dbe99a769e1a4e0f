import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Disk } from '../disk/disk.ts';
import { systemDisk } from '../disk/system-disk.ts';
import { haltingDisk } from '../disk/testing/halting-disk.ts';
import type { JournalEntry } from './journal-entry.ts';
import { readJournal } from './journal-reader.ts';
import { JournalWriter } from './journal-writer.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(folder, 'deep', 'journal.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const entryOf = (step: number, worker = 'w'): JournalEntry => ({
  kind: 'committed',
  ...{ time: 't', step, iteration: 0, phase: 'p', group: 'g', examples: { real: { first: 0, count: 4 } } },
  ...{ nodes: { '0:0': worker }, losses: { loss: 0.1 }, gradientNorm: 1, seconds: 2 },
});

async function read(): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of readJournal(path)) entries.push(entry);
  return entries;
}

async function write(...entries: JournalEntry[]): Promise<void> {
  const journal = JournalWriter.open(path);
  for (const entry of entries) journal.append(entry);
  await journal.close();
}

describe('journal', () => {
  it('gives back its entries in order, over several lives', async () => {
    await write(entryOf(0), entryOf(1));
    await write(entryOf(2, 'größer: 漢字'));
    expect(await read()).toEqual([entryOf(0), entryOf(1), entryOf(2, 'größer: 漢字')]);
  });

  it('has each line on disk when append returns', async () => {
    const journal = JournalWriter.open(path);
    expect(journal.isEmpty).toBe(true);
    journal.append(entryOf(0));
    expect(await read()).toEqual([entryOf(0)]);
    expect(journal.isEmpty).toBe(false);
    await journal.close();
  });

  it.each([1, 40, 70_000, 200_000])(
    'passes over a torn last line of %i bytes, and goes on after it was cut off',
    async (length) => {
      await write(entryOf(0), entryOf(1));
      await appendFile(path, `{"kind":"${'x'.repeat(length)}`);
      expect(await read()).toEqual([entryOf(0), entryOf(1)]);
      await write(entryOf(2));
      expect(await read()).toEqual([entryOf(0), entryOf(1), entryOf(2)]);
    },
  );

  it('is new again when even its first line was torn', async () => {
    await write();
    await writeFile(path, '{"kind":"opened"');
    const journal = JournalWriter.open(path);
    expect(journal.isEmpty).toBe(true);
    await journal.close();
    expect(await readFile(path, 'utf8')).toBe('');
  });

  it('names the line that is broken', async () => {
    await write(entryOf(0), entryOf(1));
    await appendFile(path, 'not json\n{"kind":"committed"}\n');
    await expect(read()).rejects.toMatchObject({
      code: 'broken-line',
      message: expect.stringContaining('journal.jsonl:3'),
    });
    await writeFile(path, '{"kind":"committed","step":-1}\n');
    await expect(read()).rejects.toThrow(/journal\.jsonl:1 is not a journal entry[\s\S]*step/);
  });

  it('cuts off no whole line where the disk gives what is read in pieces', async () => {
    await write(entryOf(0), entryOf(1));
    await JournalWriter.open(path, haltingDisk).close();
    expect(await read()).toEqual([entryOf(0), entryOf(1)]);
  });

  it('joins no line to a part of one that a failing disk would not take back', async () => {
    let fails = false;
    const disk: Disk = {
      ...systemDisk,
      writeSync: (file, bytes, offset, length) => {
        if (fails && offset > 0) throw new Error('EIO');
        return systemDisk.writeSync(file, bytes, offset, Math.min(length, 20));
      },
      ftruncateSync: (file, size) => {
        if (fails) throw new Error('EIO');
        systemDisk.ftruncateSync(file, size);
      },
    };
    const journal = JournalWriter.open(path, disk);
    journal.append(entryOf(0));
    fails = true;
    for (const _ of [1, 2])
      expect(() => journal.append(entryOf(1))).toThrow(expect.objectContaining({ code: 'write-failed' }));
    fails = false;
    journal.append(entryOf(1));
    await journal.close();
    expect(await read()).toEqual([entryOf(0), entryOf(1)]);
  });

  it('says that it cannot be opened, read, or written after its end', async () => {
    await writeFile(join(folder, 'deep'), 'a file where a folder must be');
    expect(() => JournalWriter.open(path)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    await expect(read()).rejects.toMatchObject({ code: 'unavailable' });
    path = join(folder, 'journal.jsonl');
    const journal = JournalWriter.open(path);
    await journal.close();
    await journal.close();
    expect(() => journal.append(entryOf(0))).toThrow(expect.objectContaining({ code: 'closed' }));
  });
});
