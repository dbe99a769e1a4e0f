import { bytesOfFloats } from '@atelier/proto/frames';
import type { GroupState, RunSnapshot } from '@atelier/shared/layout/group-state';
import { sha256Of } from '@atelier/shared/sha256';
import { NO_SLICES } from '../training/reduced-part.ts';
import { statesOf } from '../training/slice-parts.ts';
import type {
  CommitOutcome,
  DrawnState,
  PublishedValues,
  ReducerAddresses,
  Training,
} from '../training/training.ts';
import { TrainingBase, type TrainingOptions } from '../training/training-base.ts';
import { TrainingStateError } from '../training/training-state-error.ts';
import type { FormedReducers, ReducerSet } from './reducer-set.ts';

const NONE = new Float32Array();

/**
 * All that training changes, where reducers hold what is element by element. This holds the rest, statistics and the step
 * number, and decides what all of them do: a step is committed here when it is committed by every one of them.
 */
export class SlicedTraining extends TrainingBase implements Training {
  readonly #reducers: ReducerSet;

  /** @throws TrainingStateError 'bad-config' | 'bad-snapshot', KernelError */
  constructor(options: TrainingOptions, modules: { readonly reducers: ReducerSet }) {
    super(options, NO_SLICES);
    this.#reducers = modules.reducers;
    if (options.snapshot !== undefined) this.rollback(options.snapshot);
  }

  get reducers(): ReducerAddresses | undefined {
    const { formation } = this.#reducers;
    return (
      formation && {
        id: formation.id,
        addresses: formation.links.map(({ address }) => address),
        memoryIds: formation.links.map(({ memoryId }) => memoryId),
      }
    );
  }

  /** What comes here is small. */
  async admit(): Promise<() => void> {
    return () => {};
  }

  async commit(step: number): Promise<CommitOutcome> {
    this.expectParameters();
    return this.#reducers.exclusively((reducers) => this.#commitWith(reducers, step));
  }

  override rollback(snapshot: RunSnapshot): void {
    this.restore(snapshot, new Map());
  }

  async snapshot(): Promise<RunSnapshot> {
    this.expectParameters();
    const { step, statistics, read } = await this.#take('all');
    const states = statesOf(await read());
    const groups: Record<string, GroupState> = {};
    for (const [name, { version, values }] of statistics) {
      const state = states.get(name);
      if (state !== undefined) groups[name] = { version, ...state, statistics: values };
    }
    return { step, groups };
  }

  async drawn<Copy>(copyOf: (live: Uint8Array) => Copy): Promise<DrawnState<Copy>> {
    this.expectParameters();
    const { statistics, read } = await this.#take('ema');
    const averages = new Map((await read()).map(({ group, values }) => [group, values]));
    return new Map(
      [...statistics].map(([name, { values }]) => [
        name,
        {
          ema: copyOf(bytesOfFloats(averages.get(name) ?? NONE)),
          statistics: copyOf(bytesOfFloats(values)),
        },
      ]),
    );
  }

  publishedOf(group: string): PublishedValues {
    throw new TrainingStateError('unknown-group', `the reducers hold group '${group}': pull it from them`);
  }

  async #commitWith(reducers: FormedReducers, step: number): Promise<CommitOutcome> {
    const { others } = this.reducer.prepare(step);
    const prepared = await reducers.prepare(step, this.layoutOf(step).gradient.size);
    const { losses, gradientNorm, tensorSums, nonFinitePart } = this.judge(step, { ...prepared, others });
    if (nonFinitePart !== undefined) {
      await reducers.abandon(step);
      return this.refuse(step, nonFinitePart);
    }
    await reducers.commit(step, tensorSums);
    this.apply(step, others, tensorSums);
    const digest = await this.#digestOf(reducers, this.groupOf(step));
    return { kind: 'committed', losses, gradientNorm, ...digest };
  }

  async #digestOf(reducers: FormedReducers, group: string): Promise<{ digest?: string }> {
    if (!this.isDigestDue) return {};
    const read = await reducers.snapshot(this.step, { kind: 'parameters', group });
    const [parameters] = await read();
    return { digest: sha256Of(bytesOfFloats(parameters?.values ?? NONE)) };
  }

  /** A copy of the reducers' parts and of what is here, all of one step. */
  #take(kind: 'all' | 'ema') {
    return this.#reducers.exclusively(async (reducers) => {
      const { step } = this;
      const statistics = new Map(
        this.definition.groups.map(({ name }) => [
          name,
          { version: this.versionOf(name), values: this.statistics.of(name).slice() },
        ]),
      );
      return { step, statistics, read: await reducers.snapshot(step, { kind }) };
    });
  }
}
