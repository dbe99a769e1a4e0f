import type { Disk } from '@atelier/shared/disk/disk';
import { readSyncFrom } from '@atelier/shared/disk/read-from';
import type { EventBus } from '@atelier/shared/events/event-bus';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { parsedJson } from '@atelier/shared/text/parsed-json';
import type { Logger } from 'pino';

const TAIL_BYTES = 64 * 1024;

/**
 * The events as lines of a file, over all lives of a run. A line is written before `publish` returns, so that a
 * killed coordinator has lost none.
 */
export class JsonlEventBus implements EventBus {
  /** Of the newest event that was there before this life; `undefined` for none. */
  readonly lastSequence: number | undefined;
  readonly #disk: Disk;
  readonly #log: Logger;
  readonly #file: number;
  /** Whether what stands last in the file is, or may be, a part of a line. */
  #isCut: boolean;
  #isFailing = false;
  #isOpen = true;

  constructor(path: string, modules: { readonly disk: Disk; readonly log: Logger }) {
    this.#disk = modules.disk;
    this.#log = modules.log;
    this.#file = this.#disk.openSync(path, 'a+');
    const tail = tailOf(this.#disk, this.#file);
    this.#isCut = tail !== '' && !tail.endsWith('\n');
    this.lastSequence = lastSequenceOf(tail);
  }

  /** A full disk does not stop training: what is not written is said once in the log. */
  publish(event: RunEvent): void {
    if (!this.#isOpen) return;
    try {
      this.#write(Buffer.from(`${this.#isCut ? '\n' : ''}${JSON.stringify(event)}\n`));
      this.#isCut = false;
      if (this.#isFailing) this.#log.info({ sequence: event.sequence }, 'events can be written again');
      this.#isFailing = false;
    } catch (error) {
      this.#isCut = true;
      if (!this.#isFailing) {
        this.#log.error({ err: error, sequence: event.sequence }, 'events cannot be written to events.jsonl');
      }
      this.#isFailing = true;
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#disk.closeSync(this.#file);
  }

  #write(line: Uint8Array): void {
    for (let written = 0; written < line.length; )
      written += this.#disk.writeSync(this.#file, line, written, line.length - written);
  }
}

function tailOf(disk: Disk, file: number): string {
  const size = disk.fstatSync(file).size;
  const length = Math.min(size, TAIL_BYTES);
  return readSyncFrom(disk, file, size - length, length).toString('utf8');
}

/** Of the last whole line; a line that a kill cut short does not count. */
function lastSequenceOf(tail: string): number | undefined {
  for (const line of tail.split('\n').reverse()) {
    // The first line of the tail may be cut short, too.
    const event = parsedJson(line);
    if (
      typeof event === 'object' &&
      event !== null &&
      'sequence' in event &&
      typeof event.sequence === 'number'
    ) {
      return event.sequence;
    }
  }
  return undefined;
}
