import type { RunConfig } from '@atelier/shared/config/run-config';
import { type NodeLayout, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { RunSnapshot, SliceState } from '@atelier/shared/layout/group-state';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { phaseIndexOf } from '@atelier/shared/order/schedule';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { judgeStep, type PreparedStep, type StepVerdict } from '../reduction/judge-step.ts';
import { initialStateOf } from './initial-state.ts';
import type { NodeBuffer } from './node-buffer.ts';
import type { ReducedPart } from './reduced-part.ts';
import { ReducerState } from './reducer-state.ts';
import { RunningStatistics } from './running-statistics.ts';
import type { CommitOutcome } from './training.ts';
import { TrainingStateError } from './training-state-error.ts';

export interface TrainingOptions {
  readonly definition: RunDefinition;
  readonly config: RunConfig;
  /** The state to go on from; without one, `initialize` must bring the first parameters. */
  readonly snapshot?: RunSnapshot | undefined;
}

/** What every kind of `Training` holds in the coordinator, and does with it: a part of each node, statistics, the step. */
export abstract class TrainingBase {
  protected readonly definition: RunDefinition;
  protected readonly reducer: ReducerState;
  protected readonly statistics: RunningStatistics;
  readonly #config: RunConfig;
  readonly #layouts: readonly NodeLayout[];
  #hasParameters = false;

  /** @throws TrainingStateError 'bad-config', KernelError */
  protected constructor({ definition, config }: TrainingOptions, part: ReducedPart) {
    this.definition = definition;
    this.#config = config;
    this.reducer = new ReducerState(definition, config, part);
    this.statistics = new RunningStatistics(definition, config.statisticsMomentum);
    this.#layouts = definition.phases.map((phase) => nodeLayoutOf(definition, phase));
  }

  abstract rollback(snapshot: RunSnapshot): void;

  get step(): number {
    return this.reducer.step;
  }

  get hasParameters(): boolean {
    return this.#hasParameters;
  }

  get backlog(): number {
    return this.reducer.backlog;
  }

  get initialBytes(): number {
    return initialLayoutOf(this.definition).size * 4;
  }

  initialize(bytes: Uint8Array): RunSnapshot {
    if (this.#hasParameters) {
      throw new TrainingStateError('has-parameters', 'the run has its initial parameters already');
    }
    const initial = initialStateOf(this.definition, this.#config, bytes);
    this.rollback(initial);
    return initial;
  }

  nodeBytesOf(step: number): number {
    return this.reducer.nodeBytesOf(step);
  }

  allocateNode(step: number): NodeBuffer {
    this.expectParameters();
    return this.reducer.allocateNode(step);
  }

  addNode(step: number, node: NodeId, buffer: NodeBuffer): void {
    this.expectParameters();
    this.reducer.addNode(step, node, buffer);
  }

  versionOf(group: string): number {
    return this.reducer.versionOf(group);
  }

  /** @throws TrainingStateError 'bad-snapshot', before anything is changed */
  protected restore(snapshot: RunSnapshot, held: ReadonlyMap<string, SliceState>): void {
    this.statistics.check(snapshot);
    this.reducer.restore(snapshot.step, held);
    this.statistics.restore(snapshot);
    this.#hasParameters = true;
  }

  protected judge(step: number, prepared: PreparedStep): StepVerdict {
    return judgeStep(this.layoutOf(step), prepared, this.reducer.groupOf(this.groupOf(step)).sumNames);
  }

  /** Drops what is here of the step. */
  protected refuse(step: number, nonFinitePart: string): CommitOutcome {
    this.reducer.abandon();
    return {
      kind: 'non-finite',
      what: `${nonFinitePart} of step ${step}, group '${this.groupOf(step)}'`,
    };
  }

  /** Commits what is here of the step. @param others as they were prepared, @param tensorSums as they were judged */
  protected apply(step: number, others: Float32Array, tensorSums: Float64Array): void {
    this.reducer.commit(step, tensorSums);
    this.statistics.moveToward(this.groupOf(step), others);
  }

  /** Whether the journal wants a digest of what the step just committed has made. */
  protected get isDigestDue(): boolean {
    const { digestEverySteps } = this.#config.journal;
    return digestEverySteps !== 0 && this.step % digestEverySteps === 0;
  }

  protected layoutOf(step: number): NodeLayout {
    const layout = this.#layouts[phaseIndexOf(step, this.#layouts.length)];
    if (layout === undefined) throw new TrainingStateError('wrong-step', `there is no step ${step}`);
    return layout;
  }

  /** That the step updates. */
  protected groupOf(step: number): string {
    const { phases } = this.definition;
    return phases[phaseIndexOf(step, phases.length)]?.group ?? '';
  }

  protected expectParameters(): void {
    if (!this.#hasParameters)
      throw new TrainingStateError('no-parameters', 'the run has no parameters yet: initialize it');
  }
}
