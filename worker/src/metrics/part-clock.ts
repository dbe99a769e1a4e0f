/** In the order of precedence: of what goes on at once, the first counts. */
const WORKING_PARTS = ['compute', 'transfer', 'data'] as const;
export type WorkingPart = (typeof WORKING_PARTS)[number];

/** Time by what is going on: each instant counts once, and as wait when nothing is. */
export class PartClock {
  readonly #clock: () => number;
  readonly #ms: Record<WorkingPart | 'wait', number> = { compute: 0, transfer: 0, data: 0, wait: 0 };
  readonly #numUnderWay: Record<WorkingPart, number> = { compute: 0, transfer: 0, data: 0 };
  #lastMs: number;

  /** @param clock in ms, one that never goes back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#lastMs = clock();
  }

  async during<Result>(part: WorkingPart, work: () => Promise<Result>): Promise<Result> {
    this.#pass();
    this.#numUnderWay[part] += 1;
    try {
      return await work();
    } finally {
      this.#pass();
      this.#numUnderWay[part] -= 1;
    }
  }

  /** Seconds so far; together all the time since this was made. */
  seconds(): [part: WorkingPart | 'wait', seconds: number][] {
    this.#pass();
    return ([...WORKING_PARTS, 'wait'] as const).map((part) => [part, this.#ms[part] / 1000]);
  }

  #pass(): void {
    const nowMs = this.#clock();
    const part = WORKING_PARTS.find((candidate) => this.#numUnderWay[candidate] > 0) ?? 'wait';
    this.#ms[part] += nowMs - this.#lastMs;
    this.#lastMs = nowMs;
  }
}
