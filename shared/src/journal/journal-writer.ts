import { dirname } from 'node:path';
import { ignore } from '../async/ignoring.ts';
import type { Disk } from '../disk/disk.ts';
import { readSyncFrom } from '../disk/read-from.ts';
import { systemDisk } from '../disk/system-disk.ts';
import type { JournalEntry } from './journal-entry.ts';
import { JournalError } from './journal-error.ts';

const NEWLINE = 0x0a;
const BLOCK_BYTES = 65_536;

/**
 * Appends to a run's journal. A line is with the operating system when `append` returns, so a killed process loses
 * none; after `sync` a power failure loses none either. Writing at once, instead of from a queue, costs microseconds
 * a step and keeps order, memory and errors simple.
 */
export class JournalWriter {
  readonly path: string;
  readonly #disk: Disk;
  readonly #file: number;
  #sizeBytes: number;
  #isOpen = true;
  /** Whether a part of a line stands behind the last whole one. */
  #isTorn = false;

  private constructor(path: string, disk: Disk, file: number, sizeBytes: number) {
    this.path = path;
    this.#disk = disk;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  /**
   * Opens or begins the journal, and cuts off a last line that a killed process did not finish.
   * @throws JournalError 'unavailable'
   */
  static open(path: string, disk: Disk = systemDisk): JournalWriter {
    let file: number | undefined;
    try {
      disk.mkdirSync(dirname(path), { recursive: true });
      file = disk.openSync(path, 'a+');
      const sizeBytes = endOfLastLine(disk, file);
      disk.ftruncateSync(file, sizeBytes);
      return new JournalWriter(path, disk, file, sizeBytes);
    } catch (cause) {
      if (file !== undefined) disk.closeSync(file);
      throw new JournalError('unavailable', `the journal ${path} cannot be opened: ${reasonOf(cause)}`, {
        cause,
      });
    }
  }

  /** Whether nothing was ever written: the run is new. */
  get isEmpty(): boolean {
    return this.#sizeBytes === 0;
  }

  /** @throws JournalError 'write-failed', the journal then having the same lines as before; 'closed' */
  append(entry: JournalEntry): void {
    if (!this.#isOpen) throw new JournalError('closed', `the journal ${this.path} is closed`);
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      this.#mend();
      for (let written = 0; written < line.length; ) {
        written += this.#disk.writeSync(this.#file, line, written, line.length - written);
      }
    } catch (cause) {
      this.#isTorn = true;
      this.#mendIfPossible();
      const reason = `the journal ${this.path} cannot be written: ${reasonOf(cause)}`;
      throw new JournalError('write-failed', reason, { cause });
    }
    this.#sizeBytes += line.length;
  }

  /** A part of a line must not stand before the next one. */
  #mend(): void {
    if (this.#isTorn) this.#disk.ftruncateSync(this.#file, this.#sizeBytes);
    this.#isTorn = false;
  }

  /** The next line tries again before it is written; whoever opens the journal next cuts it off. */
  #mendIfPossible(): void {
    try {
      this.#mend();
    } catch (error) {
      ignore(error, 'the line that could not be written is told of');
    }
  }

  /** Durable up to here. @throws JournalError 'write-failed' | 'closed' */
  async sync(): Promise<void> {
    if (!this.#isOpen) throw new JournalError('closed', `the journal ${this.path} is closed`);
    await this.#sync();
  }

  /** Makes all of it durable and closes; again if one likes. @throws JournalError 'write-failed' */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.#sync();
    } finally {
      this.#disk.closeSync(this.#file);
    }
  }

  async #sync(): Promise<void> {
    try {
      await this.#disk.fsync(this.#file);
    } catch (cause) {
      const reason = `the journal ${this.path} cannot be made durable: ${reasonOf(cause)}`;
      throw new JournalError('write-failed', reason, { cause });
    }
  }
}

/** Where the last whole line ends, found from the back. */
function endOfLastLine(disk: Disk, file: number): number {
  for (let end = disk.fstatSync(file).size; end > 0; end = Math.max(end - BLOCK_BYTES, 0)) {
    const start = Math.max(end - BLOCK_BYTES, 0);
    const at = readSyncFrom(disk, file, start, end - start).lastIndexOf(NEWLINE);
    if (at !== -1) return start + at + 1;
  }
  return 0;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
