import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { numUpdatesBefore } from '@atelier/shared/order/schedule';
import { TrainingStateError } from './training-state-error.ts';

/** The running statistics of every group: few numbers, averaged at each commit of a phase that updates the group. */
export class RunningStatistics {
  readonly #definition: RunDefinition;
  readonly #fraction: number;
  readonly #groups: ReadonlyMap<string, Float32Array>;

  constructor(definition: RunDefinition, momentum: number) {
    this.#definition = definition;
    this.#fraction = Math.fround(1 - momentum);
    this.#groups = new Map(
      definition.groups.map(({ name, statistics }) => [
        name,
        new Float32Array(flatLayoutOf(statistics).size),
      ]),
    );
  }

  /** The live values. @throws TrainingStateError 'unknown-group' */
  of(group: string): Float32Array {
    const values = this.#groups.get(group);
    if (values === undefined) {
      const known = [...this.#groups.keys()].join(', ');
      throw new TrainingStateError('unknown-group', `there is no group '${group}', only ${known}`);
    }
    return values;
  }

  /** values += (means - values) * fraction, each operation in float32. */
  moveToward(group: string, means: Float32Array): void {
    const values = this.of(group);
    for (const [i, old] of values.entries()) {
      const way = Math.fround((means[i] ?? Number.NaN) - old);
      values[i] = old + Math.fround(way * this.#fraction);
    }
  }

  /**
   * @throws TrainingStateError 'bad-snapshot' for other groups, statistics or numbers of updates than the run has at that
   * step
   */
  check({ step, groups }: RunSnapshot): void {
    for (const [name, { length }] of this.#groups) {
      const state = groups[name];
      if (state === undefined) throw refusal(`it lacks group '${name}', which the model has`);
      const given = state.statistics.length;
      if (given !== length) {
        const reason = `its statistics are ${given} numbers, but the model has ${length}`;
        throw refusal(`the checkpoint of group '${name}' does not fit the config of this run: ${reason}`);
      }
      const version = numUpdatesBefore(step, name, this.#definition.phases);
      if (state.version !== version)
        throw refusal(
          `group '${name}' has had ${state.version} updates, but ${version} come before step ${step}`,
        );
    }
  }

  restore({ groups }: RunSnapshot): void {
    for (const [name, values] of this.#groups) values.set(groups[name]?.statistics ?? []);
  }
}

function refusal(reason: string): TrainingStateError {
  return new TrainingStateError('bad-snapshot', reason);
}
