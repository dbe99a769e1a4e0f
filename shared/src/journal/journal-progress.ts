import type { Disk, OpenFile } from '../disk/disk.ts';
import { systemDisk } from '../disk/system-disk.ts';
import { linesFromEnd } from '../lines-from-end.ts';
import { parsedJson } from '../text/parsed-json.ts';
import { type JournalEntry, journalEntrySchema } from './journal-entry.ts';

/** How far a run had come, and when it was last heard of. */
export interface JournalProgress {
  /** Steps that were committed at some time, though they be void now. */
  readonly numCommitted: number;
  /** Unix time of the last line, in ms; undefined if there is none. */
  readonly lastMs: number | undefined;
}

/**
 * Read from the end, back to the last line of a step before `fromStep`: what a run that goes on from there has to
 * compute again. Lines that are no entry are passed over: they concern the audit.
 */
export async function readProgress(
  path: string,
  fromStep: number,
  disk: Disk = systemDisk,
): Promise<JournalProgress> {
  const file = await disk.open(path, 'r');
  try {
    let numCommitted = 0;
    let lastMs: number | undefined;
    for await (const entry of entriesFromEnd(file)) {
      lastMs ??= Date.parse(entry.time);
      if (entry.kind !== 'committed') continue;
      numCommitted = Math.max(numCommitted, entry.step + 1);
      if (entry.step < fromStep) break;
    }
    return { numCommitted, lastMs };
  } finally {
    await file.close();
  }
}

async function* entriesFromEnd(file: OpenFile): AsyncGenerator<JournalEntry> {
  for await (const line of linesFromEnd(file)) {
    // Empty, or damaged, it is none.
    const result = journalEntrySchema.safeParse(parsedJson(line));
    if (result.success) yield result.data;
  }
}
