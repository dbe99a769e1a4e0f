import type { Clock } from '@atelier/shared/time/clock';

/**
 * Milliseconds that this process was awake. A coordinator that was stopped for a minute (SIGSTOP, a suspended
 * laptop) must not conclude that its workers were silent for a minute: they spoke, and it did not listen.
 */
export class AwakeClock {
  readonly #maxGapMs: number;
  readonly #clock: Pick<Clock, 'now'>;
  #last: number;
  #awake = 0;

  /** @param maxGapMs the longest time between two reads that is believed */
  constructor(maxGapMs: number, clock: Pick<Clock, 'now'>) {
    this.#maxGapMs = maxGapMs;
    this.#clock = clock;
    this.#last = clock.now();
  }

  now(): number {
    const read = this.#clock.now();
    this.#awake += Math.min(read - this.#last, this.#maxGapMs);
    this.#last = read;
    return this.#awake;
  }
}
