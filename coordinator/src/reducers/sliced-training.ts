import type { RunConfig } from '@atelier/shared/config/run-config';
import { type NodeLayout, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { GroupState, RunSnapshot } from '@atelier/shared/layout/group-state';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { phaseIndexOf } from '@atelier/shared/order/schedule';
import { sha256Of } from '@atelier/shared/sha256';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { judgeStep } from '../reduction/judge-step.ts';
import { initialStateOf } from '../run/initial-state.ts';
import type { NodeBuffer } from '../run/node-buffer.ts';
import { ReducerState } from '../run/reducer-state.ts';
import { RunningStatistics } from '../run/running-statistics.ts';
import { NO_SLICES } from '../run/share.ts';
import { statesOf } from '../run/slice-parts.ts';
import type {
  CommitOutcome,
  DrawnState,
  PublishedValues,
  ReducerAddresses,
  Training,
} from '../run/training.ts';
import { TrainingStateError } from '../run/training-state-error.ts';
import type { FormedReducers, ReducerSet } from './reducer-set.ts';

/**
 * All that training changes, where reducers hold what is element by element. This holds the rest, statistics and the step
 * number, and decides what all of them do: a step is committed here when it is committed by every one of them.
 */
export class SlicedTraining implements Training {
  readonly #definition: RunDefinition;
  readonly #config: RunConfig;
  readonly #reducers: ReducerSet;
  /** Of statistics and losses. */
  readonly #rest: ReducerState;
  readonly #statistics: RunningStatistics;
  readonly #layouts: readonly NodeLayout[];
  #hasParameters = false;

  /**
   * @param options.snapshot the state to go on from; without one, `initialize` must bring the first parameters
   * @throws TrainingStateError 'bad-config' | 'bad-snapshot', KernelError
   */
  constructor(
    options: {
      readonly definition: RunDefinition;
      readonly config: RunConfig;
      readonly snapshot?: RunSnapshot | undefined;
    },
    modules: { readonly reducers: ReducerSet },
  ) {
    const { definition, config, snapshot } = options;
    this.#definition = definition;
    this.#config = config;
    this.#reducers = modules.reducers;
    this.#rest = new ReducerState(definition, config, NO_SLICES);
    this.#statistics = new RunningStatistics(definition, config.statisticsMomentum);
    this.#layouts = definition.phases.map((phase) => nodeLayoutOf(definition, phase));
    if (snapshot !== undefined) this.rollback(snapshot);
  }

  get step(): number {
    return this.#rest.step;
  }

  get hasParameters(): boolean {
    return this.#hasParameters;
  }

  get backlog(): number {
    return this.#rest.backlog;
  }

  get initialBytes(): number {
    return initialLayoutOf(this.#definition).size * 4;
  }

  get reducers(): ReducerAddresses | undefined {
    const { formation } = this.#reducers;
    return formation && { id: formation.id, addresses: formation.links.map(({ address }) => address) };
  }

  initialize(bytes: Uint8Array): RunSnapshot {
    if (this.#hasParameters) {
      throw new TrainingStateError('has-parameters', 'the run has its initial parameters already');
    }
    const initial = initialStateOf(this.#definition, this.#config, bytes);
    this.rollback(initial);
    return initial;
  }

  nodeBytesOf(step: number): number {
    return this.#rest.nodeBytesOf(step);
  }

  /** What comes here is small. */
  async admit(): Promise<() => void> {
    return () => {};
  }

  allocateNode(step: number): NodeBuffer {
    this.#expectParameters();
    return this.#rest.allocateNode(step);
  }

  addNode(step: number, node: NodeId, buffer: NodeBuffer): void {
    this.#expectParameters();
    this.#rest.addNode(step, node, buffer);
  }

  commit(step: number): Promise<CommitOutcome> {
    this.#expectParameters();
    return this.#reducers.exclusively((reducers) => this.#commitWith(reducers, step));
  }

  rollback(snapshot: RunSnapshot): void {
    this.#statistics.check(snapshot);
    this.#rest.restore(snapshot.step, new Map());
    this.#statistics.restore(snapshot);
    this.#hasParameters = true;
  }

  async snapshot(): Promise<RunSnapshot> {
    this.#expectParameters();
    const { step, statistics, read } = await this.#take('all');
    const states = statesOf(await read());
    const groups: Record<string, GroupState> = {};
    for (const [name, { version, values }] of statistics) {
      const state = states.get(name);
      if (state !== undefined) groups[name] = { version, ...state, statistics: values };
    }
    return { step, groups };
  }

  async drawn(): Promise<DrawnState> {
    this.#expectParameters();
    const { statistics, read } = await this.#take('ema');
    const averages = new Map((await read()).map(({ group, values }) => [group, values]));
    return new Map(
      [...statistics].map(([name, { values }]) => [
        name,
        { ema: bytesOf(averages.get(name)), statistics: bytesOf(values) },
      ]),
    );
  }

  versionOf(group: string): number {
    return this.#rest.versionOf(group);
  }

  publishedOf(group: string): PublishedValues {
    throw new TrainingStateError('unknown-group', `'${group}' is held by the reducers: pull it from there`);
  }

  async #commitWith(reducers: FormedReducers, step: number): Promise<CommitOutcome> {
    const layout = this.#layoutOf(step);
    const { others } = this.#rest.prepare(step);
    const prepared = await reducers.prepare(step, layout.gradient.size);
    const verdict = judgeStep(layout, { ...prepared, others });
    const group = this.#groupOf(step);
    if (verdict.nonFinitePart !== undefined) {
      await reducers.abandon(step);
      this.#rest.abandon();
      return { kind: 'non-finite', what: `${verdict.nonFinitePart} of step ${step}, group '${group}'` };
    }
    await reducers.commit(step);
    this.#rest.commit(step);
    this.#statistics.moveToward(group, others);
    const { losses, gradientNorm } = verdict;
    return { kind: 'committed', losses, gradientNorm, ...(await this.#digestOf(reducers, group)) };
  }

  async #digestOf(reducers: FormedReducers, group: string): Promise<{ digest?: string }> {
    const { digestEverySteps } = this.#config.journal;
    if (digestEverySteps === 0 || this.step % digestEverySteps !== 0) return {};
    const read = await reducers.snapshot(this.step, { kind: 'parameters', group });
    const [parameters] = await read();
    return { digest: sha256Of(bytesOf(parameters?.values)) };
  }

  /** A copy of the reducers' parts and of what is here, all of one step. */
  #take(kind: 'all' | 'ema') {
    return this.#reducers.exclusively(async (reducers) => {
      const { step } = this;
      const statistics = new Map(
        this.#definition.groups.map(({ name }) => [
          name,
          { version: this.versionOf(name), values: this.#statistics.of(name).slice() },
        ]),
      );
      return { step, statistics, read: await reducers.snapshot(step, { kind }) };
    });
  }

  #layoutOf(step: number): NodeLayout {
    const layout = this.#layouts[phaseIndexOf(step, this.#layouts.length)];
    if (layout === undefined) throw new TrainingStateError('wrong-step', `there is no step ${step}`);
    return layout;
  }

  #groupOf(step: number): string {
    const { phases } = this.#definition;
    return phases[phaseIndexOf(step, phases.length)]?.group ?? '';
  }

  #expectParameters(): void {
    if (!this.#hasParameters)
      throw new TrainingStateError('no-parameters', 'the run has no parameters yet: initialize it');
  }
}

function bytesOf(values: Float32Array = new Float32Array()): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
