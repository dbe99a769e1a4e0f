import type { Clock, Timer } from '@atelier/shared/time/clock';
import type { SimulatedTime } from './simulated-time.ts';

const EPOCH_MS = Date.UTC(2026, 0, 1);

/** What code of a process that is dead runs into. Nothing that it does after that is seen by anybody. */
export class DeadProcessError extends Error {
  override readonly name = 'DeadProcessError';
  readonly code = 'dead';

  constructor() {
    super('the process is dead');
  }
}

/**
 * A process of the simulation, as far as it can end between any two things that it waits for: nothing that it waits for
 * happens any more.
 */
export class SimulatedProcess implements Clock {
  readonly #time: SimulatedTime;
  readonly #onDeath: () => void;
  #isAlive = true;

  /** @param onDeath is called once */
  constructor(time: SimulatedTime, onDeath: () => void = () => undefined) {
    this.#time = time;
    this.#onDeath = onDeath;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#onDeath();
  }

  /** Does something later, if it lives then. */
  later(delayMs: number, action: () => void): void {
    this.#time.after(delayMs, () => {
      if (this.#isAlive) action();
    });
  }

  /** Something that happens elsewhere, whether or not this lives then. */
  elsewhere(delayMs: number, action: () => void): void {
    this.#time.after(delayMs, action);
  }

  now(): number {
    return this.#time.now;
  }

  unixMs(): number {
    return EPOCH_MS + this.#time.now;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    let isCancelled = false;
    this.later(delayMs, () => {
      if (!isCancelled) callback();
    });
    return timerOf(() => {
      isCancelled = true;
    });
  }

  setInterval(callback: () => void, periodMs: number): Timer {
    let isCancelled = false;
    const tick = (): void => {
      if (isCancelled) return;
      callback();
      this.later(periodMs, tick);
    };
    this.later(periodMs, tick);
    return timerOf(() => {
      isCancelled = true;
    });
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.later(delayMs, resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
      if (signal?.aborted === true) resolve();
    });
  }

  timeoutSignal(delayMs: number): AbortSignal {
    const controller = new AbortController();
    this.later(delayMs, () => controller.abort());
    return controller.signal;
  }
}

function timerOf(cancel: () => void): Timer {
  const timer: Timer = { cancel, unref: () => timer };
  return timer;
}
