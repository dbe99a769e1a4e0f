/** Share of the newest measurement: three blocks after a change of speed, two thirds of it are believed. */
const SMOOTHING = 0.3;
/** Slowness forgotten for every step without work. Without it a worker that was slow once would never be tried again. */
const FORGETTING = 0.05;

/** How long one session takes for one virtual worker: an exponential moving average, in seconds. */
export class SpeedEstimate {
  #seconds: number | undefined;

  /** Undefined until something was measured. */
  get secondsPerVirtualWorker(): number | undefined {
    return this.#seconds;
  }

  /** 0 while unknown. */
  get virtualWorkersPerSecond(): number {
    return this.#seconds === undefined ? 0 : 1 / this.#seconds;
  }

  /** A time that is not a positive number says nothing and is passed over. */
  measure(seconds: number, numVirtualWorkers: number): void {
    const measured = seconds / numVirtualWorkers;
    if (!(measured > 0 && Number.isFinite(measured))) return;
    this.#seconds =
      this.#seconds === undefined ? measured : this.#seconds + SMOOTHING * (measured - this.#seconds);
  }

  /** Work that was taken away unfinished: it would have taken longer than this. */
  measureAtLeast(seconds: number, numVirtualWorkers: number): void {
    if (this.#seconds === undefined || seconds / numVirtualWorkers > this.#seconds) {
      this.measure(seconds, numVirtualWorkers);
    }
  }

  forget(): void {
    if (this.#seconds !== undefined) this.#seconds *= 1 - FORGETTING;
  }
}

/** Median of the known values of seconds per virtual worker; undefined when none is known. */
export function medianSecondsOf(seconds: readonly (number | undefined)[]): number | undefined {
  const known = seconds.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  const upper = known[Math.floor(known.length / 2)];
  const lower = known[Math.floor((known.length - 1) / 2)];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}
