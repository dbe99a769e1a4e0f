import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises';
import { ignore, ignoring } from '@atelier/shared/async/ignoring';
import { type FiledLine, readLines } from '@atelier/shared/events/event-file';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { parsedJson } from '@atelier/shared/text/parsed-json';
import { z } from 'zod';

/** The newest event that a server has, and where its line ends. Kept in the run's folder. */
const cursorSchema = z.object({ sequence: z.number().int(), position: z.number().int().nonnegative() });
type Cursor = z.output<typeof cursorSchema>;

const START: Cursor = { sequence: -1, position: 0 };
const BLOCK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

export interface SpoolOptions {
  /** The run's events.jsonl: the spool itself. */
  readonly events: string;
  /** Where the cursor is kept. */
  readonly cursor: string;
  /** Of those that wait beyond this, the oldest are given up. */
  readonly maxWaiting: number;
}

/**
 * What waits for a server: the lines of events.jsonl behind a cursor. The cursor may lag: the server knows better what
 * it has (`passTo`).
 */
export class EventSpool {
  readonly #options: SpoolOptions;
  readonly #file: FileHandle;
  #cursor: Cursor;
  #depth: number;
  #numAdded = 0;
  #undelivered = 0;
  /** Read, but not passed. */
  #lines: FiledLine[] = [];

  private constructor(options: SpoolOptions, file: FileHandle, cursor: Cursor, depth: number) {
    this.#options = options;
    this.#file = file;
    this.#cursor = cursor;
    this.#depth = depth;
  }

  /** @throws Error of the file system; events.jsonl must be there */
  static async open(options: SpoolOptions): Promise<EventSpool> {
    const file = await open(options.events);
    const kept = await readCursor(options.cursor);
    // Another file, if it is shorter than we have read.
    const cursor = kept.position <= (await file.stat()).size ? kept : START;
    return new EventSpool(options, file, cursor, await countLines(file, cursor.position));
  }

  get depth(): number {
    return this.#depth;
  }

  /** Events given up since opening. */
  get undelivered(): number {
    return this.#undelivered;
  }

  get isOverflowing(): boolean {
    return this.#depth > this.#options.maxWaiting;
  }

  /** One more event stands in the file. */
  added(): void {
    this.#depth += 1;
    this.#numAdded += 1;
  }

  /** The server has every event up to this one. */
  passTo(sequence: number): void {
    if (sequence > this.#cursor.sequence) this.#cursor = { ...this.#cursor, sequence };
  }

  /** The oldest that wait, at most so many; they wait until they are passed. None: nothing waits. */
  async peek(most: number): Promise<readonly RunEvent[]> {
    for (;;) {
      this.#dropFront();
      const end = this.#lines.findIndex(({ event }) => event === undefined);
      const ready = this.#lines.slice(0, Math.min(most, end === -1 ? this.#lines.length : end));
      if (ready.length > 0) return ready.flatMap(({ event }) => event ?? []);
      const numAddedBefore = this.#numAdded;
      this.#lines = await readLines(this.#file, this.#cursor.position);
      if (this.#lines.length === 0) {
        // Also right where an event could not be written.
        this.#depth = this.#numAdded - numAddedBefore;
        return [];
      }
    }
  }

  /** What a server is told must outlive a power failure here: else its number would be given again. */
  async sync(): Promise<void> {
    await this.#file.datasync();
  }

  /** The first so many of those that were peeked at need not wait any more. */
  async pass(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) this.#passFront();
    const unfinished = `${this.#options.cursor}.unfinished`;
    try {
      await writeFile(unfinished, JSON.stringify(this.#cursor));
      await rename(unfinished, this.#options.cursor);
    } catch (error) {
      ignore(error, 'a full disk: the cursor lags, and the server knows better');
    }
  }

  /** The first of those that were peeked at is not delivered. */
  async giveUp(): Promise<void> {
    this.#undelivered += 1;
    await this.pass(1);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** What is no event, what the server has already, and what is too much. */
  #dropFront(): void {
    for (let line = this.#lines[0]; line !== undefined; line = this.#lines[0]) {
      const isWanted = line.event !== undefined && line.event.sequence > this.#cursor.sequence;
      if (isWanted && !this.isOverflowing) return;
      if (isWanted) this.#undelivered += 1;
      this.#passFront();
    }
  }

  #passFront(): void {
    const line = this.#lines.shift();
    if (line === undefined) return;
    const sequence = Math.max(line.event?.sequence ?? -1, this.#cursor.sequence);
    this.#cursor = { sequence, position: line.end };
    this.#depth = Math.max(this.#depth - 1, 0);
  }
}

/** A cursor that cannot be read is none: the server is asked anyway. */
async function readCursor(path: string): Promise<Cursor> {
  const text = await ignoring(readFile(path, 'utf8'), 'without a cursor the server is asked');
  return cursorSchema.safeParse(parsedJson(text ?? '')).data ?? START;
}

async function countLines(file: FileHandle, from: number): Promise<number> {
  const block = Buffer.alloc(BLOCK_BYTES);
  let count = 0;
  for (let position = from; ; ) {
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, position);
    if (bytesRead === 0) return count;
    for (const byte of block.subarray(0, bytesRead)) if (byte === NEWLINE) count += 1;
    position += bytesRead;
  }
}
