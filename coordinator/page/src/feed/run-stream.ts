import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { isOver } from './run-state.ts';

/** The status comes every two seconds at least: so long a silence is a connection that is dead. */
const MOST_SILENT_MS = 10_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5_000;

export type Connection = 'connecting' | 'live' | 'lost';

export interface RunStreamListener {
  connection(connection: Connection): void;
  status(status: RunStatus): void;
  event(event: RunEvent): void;
}

/**
 * The run as it happens, over any number of lives of the coordinator: it is looked for until it is there again, and
 * then tells what has happened meanwhile.
 */
export class RunStream {
  readonly #listener: RunStreamListener;
  #source: EventSource | undefined;
  #lastEventId = '';
  #retryMs = FIRST_RETRY_MS;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: RunStreamListener) {
    this.#listener = listener;
  }

  start(): void {
    this.#listener.connection('connecting');
    this.#open();
  }

  #open(): void {
    this.#source?.close();
    const source = new EventSource(
      this.#lastEventId === '' ? 'api/stream' : `api/stream?after=${encodeURIComponent(this.#lastEventId)}`,
    );
    this.#source = source;
    source.addEventListener('status', ({ data }: MessageEvent<string>) => {
      const status = JSON.parse(data) as RunStatus;
      this.#heard();
      // The stream of a run that is over ends at once; another life of it may still begin.
      if (isOver(status.state)) this.#retryMs = LAST_RETRY_MS;
      this.#listener.status(status);
    });
    source.addEventListener('event', ({ data, lastEventId }: MessageEvent<string>) => {
      this.#heard();
      this.#lastEventId = lastEventId;
      this.#listener.event(JSON.parse(data) as RunEvent);
    });
    source.addEventListener('error', () => this.#lost());
    this.#expectWithin(MOST_SILENT_MS);
  }

  #heard(): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#listener.connection('live');
    this.#expectWithin(MOST_SILENT_MS);
  }

  /** A browser tries again by itself after some errors and not after others: here it does after all. */
  #lost(): void {
    this.#source?.close();
    this.#listener.connection('lost');
    this.#expectWithin(this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  #expectWithin(delayMs: number): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#listener.connection('lost');
      this.#open();
    }, delayMs);
  }
}
