import { createReadStream } from 'node:fs';
import type { JournalEntry } from './journal-entry.ts';
import { JournalError } from './journal-error.ts';
import { parseJournalLine } from './journal-reader.ts';

const NEWLINE = 0x0a;

/** Reads a journal that grows: each time what has been appended since the last. */
export class JournalFollower {
  readonly #path: string;
  #sizeBytes = 0;
  #numLines = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The entries that are new, in order; a line without its end comes with the next call.
   * @throws JournalError 'broken-line' with the line's number, 'unavailable'
   */
  async *read(): AsyncGenerator<JournalEntry> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const block of createReadStream(this.#path, { start: this.#sizeBytes })) {
        const bytes = Buffer.concat([rest, block]);
        let start = 0;
        for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
          const where = `${this.#path}:${this.#numLines + 1}`;
          const entry = parseJournalLine(bytes.toString('utf8', start, end), where);
          this.#sizeBytes += end + 1 - start;
          this.#numLines += 1;
          start = end + 1;
          yield entry;
        }
        rest = bytes.subarray(start);
      }
    } catch (cause) {
      if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
      throw new JournalError('unavailable', `the journal ${this.#path} cannot be read: ${cause.message}`, {
        cause,
      });
    }
  }
}
