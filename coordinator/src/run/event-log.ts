import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { EventBus, RunEvent, RunEventBody } from '@atelier/shared/events/run-event';
import type { Logger } from 'pino';

const TAIL_BYTES = 64 * 1024;

/**
 * The run's events: numbered, written to events.jsonl, and handed on to whoever listens. The numbers go on after a
 * restart. A line is written before `record` returns, so that a killed coordinator has lost none.
 */
export class EventLog {
  readonly #runId: string;
  readonly #log: Logger;
  readonly #buses: readonly EventBus[];
  readonly #listeners = new Set<(event: RunEvent) => void>();
  readonly #file: number;
  #nextSequence: number;
  #isWritable = true;

  /** @param buses further places for the events, closed with this one */
  constructor(
    options: { readonly path: string; readonly runId: string },
    modules: { readonly log: Logger; readonly buses?: readonly EventBus[] },
  ) {
    this.#runId = options.runId;
    this.#log = modules.log;
    this.#buses = modules.buses ?? [];
    this.#file = openSync(options.path, 'a+');
    const tail = tailOf(this.#file);
    if (tail !== '' && !tail.endsWith('\n')) writeSync(this.#file, '\n');
    this.#nextSequence = lastSequenceOf(tail) + 1;
  }

  record(body: RunEventBody): void {
    const event: RunEvent = {
      time: new Date().toISOString(),
      runId: this.#runId,
      sequence: this.#nextSequence,
      ...body,
    };
    this.#nextSequence += 1;
    this.#write(event);
    for (const bus of this.#buses) bus.publish(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** @returns what ends the listening */
  subscribe(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (!this.#isWritable) return;
    this.#isWritable = false;
    closeSync(this.#file);
    await Promise.all(this.#buses.map((bus) => bus.close()));
  }

  /** A full disk does not stop training: what is not written is said once in the log. */
  #write(event: RunEvent): void {
    if (!this.#isWritable) return;
    try {
      writeSync(this.#file, `${JSON.stringify(event)}\n`);
    } catch (error) {
      this.#isWritable = false;
      this.#log.error({ error, sequence: event.sequence }, 'events are no longer written to events.jsonl');
    }
  }
}

function tailOf(file: number): string {
  const size = fstatSync(file).size;
  const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
  readSync(file, buffer, 0, buffer.length, size - buffer.length);
  return buffer.toString('utf8');
}

/** Of the last whole line; a line that a kill cut short does not count. */
function lastSequenceOf(tail: string): number {
  for (const line of tail.split('\n').reverse()) {
    try {
      const event: unknown = JSON.parse(line);
      if (
        typeof event === 'object' &&
        event !== null &&
        'sequence' in event &&
        typeof event.sequence === 'number'
      ) {
        return event.sequence;
      }
    } catch {
      // Cut short, or the first line of the tail.
    }
  }
  return -1;
}
