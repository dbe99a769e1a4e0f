import { z } from 'zod';
import type { Disk } from '../disk/disk.ts';
import { systemDisk } from '../disk/system-disk.ts';
import { type JournalEntry, journalEntrySchema } from './journal-entry.ts';
import { JournalError } from './journal-error.ts';

/**
 * The journal's entries in order, a line at a time. A last line without its end is what a killed process left: it was
 * never committed and is passed over.
 * @throws JournalError 'broken-line' with the line's number, 'unavailable'
 */
export async function* readJournal(path: string, disk: Disk = systemDisk): AsyncGenerator<JournalEntry> {
  let number = 0;
  for await (const line of wholeLinesOf(path, disk)) {
    number += 1;
    yield parseJournalLine(line, `${path}:${number}`);
  }
}

/** @throws JournalError 'unavailable' */
export async function* wholeLinesOf(path: string, disk: Disk): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const text of disk.readText(path)) {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new JournalError('unavailable', `the journal ${path} cannot be read: ${cause.message}`, { cause });
  }
}

/** @param where the line is, for the error. @throws JournalError 'broken-line' */
export function parseJournalLine(line: string, where: string): JournalEntry {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw new JournalError('broken-line', `${where} is not JSON`, { cause });
  }
  const result = journalEntrySchema.safeParse(parsed);
  if (!result.success) {
    throw new JournalError(
      'broken-line',
      `${where} is not a journal entry: ${z.prettifyError(result.error)}`,
    );
  }
  return result.data;
}
