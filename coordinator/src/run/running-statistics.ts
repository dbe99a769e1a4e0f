import { TrainingStateError } from './training-state-error.ts';

/** The running statistics of one group: few numbers, averaged at each commit of a phase that updates the group. */
export class RunningStatistics {
  readonly #group: string;
  readonly #fraction: number;
  readonly #values: Float32Array;

  constructor(group: string, length: number, momentum: number) {
    this.#group = group;
    this.#fraction = Math.fround(1 - momentum);
    this.#values = new Float32Array(length);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#values.buffer);
  }

  snapshot(): Float32Array {
    return this.#values.slice();
  }

  /** values += (means - values) * fraction, each operation in float32. */
  moveToward(means: Float32Array): void {
    for (const [i, old] of this.#values.entries()) {
      const way = Math.fround((means[i] ?? Number.NaN) - old);
      this.#values[i] = old + Math.fround(way * this.#fraction);
    }
  }

  /** @throws TrainingStateError 'bad-snapshot' unless `restore` can take them */
  check(values: Float32Array): void {
    if (values.length === this.#values.length) return;
    const reason = `its statistics are ${values.length} numbers, but the model has ${this.#values.length}`;
    throw new TrainingStateError(
      'bad-snapshot',
      `the state of group '${this.#group}' does not fit this run: ${reason}`,
    );
  }

  restore(values: Float32Array): void {
    this.#values.set(values);
  }
}
