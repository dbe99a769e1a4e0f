const WINDOW = 64;

/** Speed over the last commits. Time is given, in ms; it covers only the time that the run was under way. */
export class Throughput {
  readonly #imagesPerStep: number;
  #committedAt: number[] = [];

  constructor(imagesPerStep: number) {
    this.#imagesPerStep = imagesPerStep;
  }

  committed(now: number): void {
    this.#committedAt.push(now);
    if (this.#committedAt.length > WINDOW) this.#committedAt.shift();
  }

  /** The run was paused or lost its workers: what came before says nothing about the speed to come. */
  interrupted(): void {
    this.#committedAt = [];
  }

  /** 0 while unknown. */
  get imagesPerSecond(): number {
    return this.#stepsPerSecond * this.#imagesPerStep;
  }

  /** 0 while unknown. */
  secondsFor(steps: number): number {
    return this.#stepsPerSecond === 0 ? 0 : steps / this.#stepsPerSecond;
  }

  get #stepsPerSecond(): number {
    const first = this.#committedAt.at(0) ?? 0;
    const last = this.#committedAt.at(-1) ?? 0;
    return last > first ? ((this.#committedAt.length - 1) * 1000) / (last - first) : 0;
  }
}
