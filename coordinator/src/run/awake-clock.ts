/**
 * Milliseconds that this process was awake. A coordinator that was stopped for a minute (SIGSTOP, a suspended
 * laptop) must not conclude that its workers were silent for a minute: they spoke, and it did not listen.
 */
export class AwakeClock {
  readonly #maxGapMs: number;
  readonly #monotonic: () => number;
  #last: number;
  #awake = 0;

  /** @param maxGapMs the longest time between two reads that is believed; `monotonic` gives ms */
  constructor(maxGapMs: number, monotonic: () => number = () => performance.now()) {
    this.#maxGapMs = maxGapMs;
    this.#monotonic = monotonic;
    this.#last = monotonic();
  }

  now(): number {
    const read = this.#monotonic();
    this.#awake += Math.min(read - this.#last, this.#maxGapMs);
    this.#last = read;
    return this.#awake;
  }
}
