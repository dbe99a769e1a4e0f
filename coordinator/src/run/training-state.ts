import type { RunConfig } from '@atelier/shared/config/run-config';
import { type NodeLayout, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { GroupState, RunSnapshot } from '@atelier/shared/layout/group-state';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { phaseIndexOf } from '@atelier/shared/order/schedule';
import { sha256Of } from '@atelier/shared/sha256';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { judgeStep } from '../reduction/judge-step.ts';
import { initialStateOf } from './initial-state.ts';
import type { NodeBuffer } from './node-buffer.ts';
import { ReducerState } from './reducer-state.ts';
import { RunningStatistics } from './running-statistics.ts';
import { WHOLE } from './share.ts';
import type { CommitOutcome, DrawnState, PublishedValues, Training } from './training.ts';
import { TrainingStateError } from './training-state-error.ts';

/** All that training changes, in this process. The data cursor is a function of the step (order/schedule). */
export class TrainingState implements Training {
  readonly #definition: RunDefinition;
  readonly #config: RunConfig;
  readonly #reducer: ReducerState;
  readonly #statistics: RunningStatistics;
  readonly #layouts: readonly NodeLayout[];
  #hasParameters = false;

  private constructor(definition: RunDefinition, config: RunConfig) {
    this.#definition = definition;
    this.#config = config;
    this.#reducer = new ReducerState(definition, config, WHOLE);
    this.#statistics = new RunningStatistics(definition, config.statisticsMomentum);
    this.#layouts = definition.phases.map((phase) => nodeLayoutOf(definition, phase));
  }

  /**
   * @param options.snapshot the state to go on from; without one, `initialize` must bring the first parameters
   * @throws TrainingStateError 'bad-config' | 'bad-snapshot', KernelError
   */
  static create(options: {
    readonly definition: RunDefinition;
    readonly config: RunConfig;
    readonly snapshot?: RunSnapshot | undefined;
  }): TrainingState {
    const state = new TrainingState(options.definition, options.config);
    if (options.snapshot) state.rollback(options.snapshot);
    return state;
  }

  get step(): number {
    return this.#reducer.step;
  }

  get hasParameters(): boolean {
    return this.#hasParameters;
  }

  get backlog(): number {
    return this.#reducer.backlog;
  }

  get initialBytes(): number {
    return initialLayoutOf(this.#definition).size * 4;
  }

  get reducers(): undefined {
    return undefined;
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
    return this.#reducer.nodeBytesOf(step);
  }

  admit(node: NodeId, signal: AbortSignal): Promise<(() => void) | undefined> {
    return this.#reducer.admit(node, signal);
  }

  allocateNode(step: number): NodeBuffer {
    this.#expectParameters();
    return this.#reducer.allocateNode(step);
  }

  addNode(step: number, node: NodeId, buffer: NodeBuffer): void {
    this.#expectParameters();
    this.#reducer.addNode(step, node, buffer);
  }

  commit(step: number): CommitOutcome {
    this.#expectParameters();
    const prepared = this.#reducer.prepare(step);
    const verdict = judgeStep(this.#layoutOf(step), prepared);
    const group = this.#groupOf(step);
    if (verdict.nonFinitePart !== undefined) {
      this.#reducer.abandon();
      return { kind: 'non-finite', what: `${verdict.nonFinitePart} of step ${step}, group '${group}'` };
    }
    this.#reducer.commit(step);
    this.#statistics.moveToward(group, prepared.others);
    const { losses, gradientNorm } = verdict;
    return { kind: 'committed', losses, gradientNorm, ...this.#digestOf(group) };
  }

  /** Drops the nodes of the current step that have arrived. */
  abandon(): void {
    this.#reducer.abandon();
  }

  rollback(snapshot: RunSnapshot): void {
    const states = new Map(Object.entries(snapshot.groups));
    this.#reducer.check(states);
    this.#statistics.check(snapshot);
    this.#reducer.restore(snapshot.step, states);
    this.#statistics.restore(snapshot);
    this.#hasParameters = true;
  }

  snapshot(): RunSnapshot {
    this.#expectParameters();
    const groups = this.#definition.groups.map(({ name }): [string, GroupState] => {
      const statistics = this.#statistics.of(name).slice();
      return [name, { version: this.versionOf(name), ...this.#reducer.groupOf(name).snapshot(), statistics }];
    });
    return { step: this.step, groups: Object.fromEntries(groups) };
  }

  drawn(): DrawnState {
    return new Map(
      this.#definition.groups.map(({ name }) => [
        name,
        { ema: this.bytesOf(name, 'ema'), statistics: this.bytesOf(name, 'statistics') },
      ]),
    );
  }

  versionOf(group: string): number {
    return this.#reducer.versionOf(group);
  }

  /**
   * The live bytes: they change with the next commit and detach when the memory grows, so copy before any `await`.
   * 'ema' of a group without one is its parameters.
   * @throws TrainingStateError 'unknown-group' | 'no-parameters'
   */
  bytesOf(group: string, kind: 'parameters' | 'ema' | 'statistics'): Uint8Array {
    this.#expectParameters();
    if (kind === 'statistics') return new Uint8Array(this.#statistics.of(group).buffer);
    const { ema, parameters } = this.#reducer.groupOf(group);
    return (kind === 'ema' ? (ema ?? parameters) : parameters).bytes;
  }

  publishedOf(group: string, hasPrevious: boolean): PublishedValues {
    this.#expectParameters();
    const { published, difference } = this.#reducer.groupOf(group);
    if (hasPrevious && difference !== undefined) return { isDifference: true, bytes: difference.bytes };
    return { isDifference: false, bytes: published.bytes };
  }

  #digestOf(group: string): { digest?: string } {
    const { digestEverySteps } = this.#config.journal;
    if (digestEverySteps === 0 || this.step % digestEverySteps !== 0) return {};
    return { digest: sha256Of(this.bytesOf(group, 'parameters')) };
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
