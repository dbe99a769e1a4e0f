import type { RunEvent } from './run-event.ts';

/** Where events go. */
export interface EventBus {
  /** Never throws, and never waits on a disk that is slow or a network that is down. */
  publish(event: RunEvent): void;
  /** Hands over what it can in a bounded time; again and again if one likes. */
  close(): Promise<void>;
}

/** How far a bus that delivers to a server has come. */
export interface Delivery {
  readonly isConnected: boolean;
  /** Events that wait for the server. */
  readonly depth: number;
  /** Whether so many wait that the oldest will be given up. */
  readonly isOverflowing: boolean;
  /** Events that the server has acknowledged to this life of the coordinator. */
  readonly delivered: number;
  /** Events that this life has given up because too many waited. */
  readonly undelivered: number;
}

export interface ReadOptions {
  /** The first sequence wanted. Default: 0. */
  readonly since?: number;
  /** Go on with what is yet to come, until the signal. Default: false, ends with the newest. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** Where the events of one run are read back, in order. */
export interface EventSource {
  read(options?: ReadOptions): AsyncIterable<RunEvent>;
}
