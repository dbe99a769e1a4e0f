import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type JournalEntry, journalEntrySchema } from './journal-entry.ts';

const NEWLINE = 0x0a;
const BLOCK_BYTES = 65_536;

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
export function readProgress(path: string, fromStep: number): JournalProgress {
  const file = openSync(path, 'r');
  try {
    let numCommitted = 0;
    let lastMs: number | undefined;
    for (const entry of entriesFromEnd(file)) {
      lastMs ??= Date.parse(entry.time);
      if (entry.kind !== 'committed') continue;
      numCommitted = Math.max(numCommitted, entry.step + 1);
      if (entry.step < fromStep) break;
    }
    return { numCommitted, lastMs };
  } finally {
    closeSync(file);
  }
}

function* entriesFromEnd(file: number): Generator<JournalEntry> {
  for (const line of linesFromEnd(file)) {
    try {
      const result = journalEntrySchema.safeParse(JSON.parse(line));
      if (result.success) yield result.data;
    } catch {
      // Not JSON: empty, or damaged.
    }
  }
}

function* linesFromEnd(file: number): Generator<string> {
  let rest = Buffer.alloc(0);
  for (let end = fstatSync(file).size; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const block = Buffer.alloc(end - start);
    readSync(file, block, 0, block.length, start);
    const text = Buffer.concat([block, rest]);
    // What stands before the first line's end may begin in the block before.
    const cut = start === 0 ? 0 : text.indexOf(NEWLINE) + 1;
    rest = text.subarray(0, cut);
    yield* text.subarray(cut).toString('utf8').split('\n').reverse();
    end = start;
  }
}
