/** What happens later, unless it is cancelled. */
export interface Timer {
  /** Again if one likes. */
  cancel(): void;
  /** The process need not live for it. */
  unref(): Timer;
}

/**
 * Where a component gets the time from and what it waits with. Production has one of the system (system-clock.ts);
 * the simulation has one whose time passes only when it says so.
 */
export interface Clock {
  /** Milliseconds that never go back: for durations. */
  now(): number;
  /** Unix time in milliseconds, which a person may set back: for what people read. */
  unixMs(): number;
  setTimeout(callback: () => void, delayMs: number): Timer;
  setInterval(callback: () => void, periodMs: number): Timer;
  /** Resolves after so long, or when the signal aborts, and never rejects: ask the signal which it was. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Aborts after so long. The process does not live for it. */
  timeoutSignal(delayMs: number): AbortSignal;
}

/** ISO 8601, UTC. */
export function timeOf(clock: Pick<Clock, 'unixMs'>): string {
  return new Date(clock.unixMs()).toISOString();
}
