import type { RunConfig } from '@atelier/shared/config/run-config';
import { flatLayoutOf, type NodeLayout, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { GroupState, RunSnapshot } from '@atelier/shared/layout/group-state';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { numUpdatesBefore, phaseIndexOf } from '@atelier/shared/order/schedule';
import { sha256Of } from '@atelier/shared/sha256';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { judgeStep, type StepVerdict } from '../reduction/judge-step.ts';
import { initialStateOf } from './initial-state.ts';
import type { NodeBuffer } from './node-buffer.ts';
import { ReducerState } from './reducer-state.ts';
import { RunningStatistics } from './running-statistics.ts';
import { WHOLE } from './share.ts';
import { TrainingStateError } from './training-state-error.ts';

export type CommitOutcome =
  | {
      readonly kind: 'committed';
      /** Means over the global batch, by the phase's loss names. */
      readonly losses: Readonly<Record<string, number>>;
      readonly gradientNorm: number;
      /** SHA-256 of the group's new parameters, every `journal.digestEverySteps` steps. */
      readonly digest?: string;
    }
  /** Nothing was changed, and the step's nodes are dropped. */
  | { readonly kind: 'non-finite'; readonly what: string };

/**
 * All that training changes: parameters, optimizer state, moving averages, statistics and the step number, which move
 * together in `commit` or not at all. The data cursor is a function of the step (order/schedule), so it moves too.
 */
export class TrainingState {
  readonly #definition: RunDefinition;
  readonly #config: RunConfig;
  readonly #reducer: ReducerState;
  readonly #statistics: ReadonlyMap<string, RunningStatistics>;
  readonly #layouts: readonly NodeLayout[];
  #hasParameters = false;

  private constructor(definition: RunDefinition, config: RunConfig) {
    this.#definition = definition;
    this.#config = config;
    this.#reducer = new ReducerState(definition, config, WHOLE);
    this.#statistics = new Map(
      definition.groups.map(({ name, statistics }) => {
        const { size } = flatLayoutOf(statistics);
        return [name, new RunningStatistics(name, size, config.statisticsMomentum)];
      }),
    );
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

  /** The step to be computed and committed next. */
  get step(): number {
    return this.#reducer.step;
  }

  get hasParameters(): boolean {
    return this.#hasParameters;
  }

  /** Sums of the step that wait for their sibling. */
  get backlog(): number {
    return this.#reducer.backlog;
  }

  get initialBytes(): number {
    return initialLayoutOf(this.#definition).size * 4;
  }

  /**
   * Sets the state before step 0 from little-endian float32 in the order of `initialLayoutOf`.
   * @throws TrainingStateError 'has-parameters' | 'wrong-length' | 'non-finite'
   */
  initialize(bytes: Uint8Array): void {
    if (this.#hasParameters) {
      throw new TrainingStateError('has-parameters', 'the run has its initial parameters already');
    }
    this.rollback(initialStateOf(this.#definition, this.#config, bytes));
  }

  nodeBytesOf(step: number): number {
    return this.#reducer.nodeBytesOf(step);
  }

  /** @throws TrainingStateError 'wrong-step' | 'no-parameters', KernelError 'out-of-memory' */
  allocateNode(step: number): NodeBuffer {
    this.#expectParameters();
    return this.#reducer.allocateNode(step);
  }

  /**
   * Adds a received node to the step's sum, which then owns its bytes; refused, it stays the caller's.
   * @throws TrainingStateError 'wrong-step' | 'wrong-length' | 'no-parameters', ReductionError 'bad-node' | 'overlap'
   */
  addNode(step: number, node: NodeId, buffer: NodeBuffer): void {
    this.#expectParameters();
    this.#reducer.addNode(step, node, buffer);
  }

  /**
   * Mean, optimizer, moving average, statistics and step number; all of it or, for non-finite values, nothing.
   * @throws TrainingStateError 'wrong-step' | 'no-parameters', ReductionError 'incomplete'
   */
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
    this.#statisticsOf(group).moveToward(prepared.others);
    return committed(verdict, this.#digestOf(group));
  }

  /** Drops the nodes of the current step that have arrived. */
  abandon(): void {
    this.#reducer.abandon();
  }

  /**
   * Puts the whole state to a snapshot's, and drops the nodes of the current step.
   * @throws TrainingStateError 'bad-snapshot', the state then being as before
   */
  rollback(snapshot: RunSnapshot): void {
    const states = new Map(Object.entries(snapshot.groups));
    this.#reducer.check(states);
    for (const [name, statistics] of this.#statistics) {
      const state = states.get(name);
      statistics.check(state?.statistics ?? new Float32Array());
      const version = numUpdatesBefore(snapshot.step, name, this.#definition.phases);
      if (state?.version !== version) {
        const reason = `group '${name}' has had ${state?.version} updates, but ${version} come before step ${snapshot.step}`;
        throw new TrainingStateError('bad-snapshot', reason);
      }
    }
    this.#reducer.restore(snapshot.step, states);
    for (const [name, state] of states) this.#statistics.get(name)?.restore(state.statistics);
    this.#hasParameters = true;
  }

  /** A copy of everything, for a checkpoint. @throws TrainingStateError 'no-parameters' */
  snapshot(): RunSnapshot {
    this.#expectParameters();
    const groups = [...this.#statistics].map(([name, statistics]): [string, GroupState] => [
      name,
      {
        version: this.versionOf(name),
        ...this.#reducer.groupOf(name).snapshot(),
        statistics: statistics.snapshot(),
      },
    ]);
    return { step: this.step, groups: Object.fromEntries(groups) };
  }

  /** Number of updates the group has had. @throws TrainingStateError 'unknown-group' */
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
    if (kind === 'statistics') return this.#statisticsOf(group).bytes;
    const { ema, parameters } = this.#reducer.groupOf(group);
    return (kind === 'ema' ? (ema ?? parameters) : parameters).bytes;
  }

  /**
   * The live bytes of what workers compute with, see `bytesOf`. With `hasPrevious` the difference from the version
   * before, if the state has one.
   */
  publishedOf(
    group: string,
    hasPrevious: boolean,
  ): { readonly isDifference: boolean; readonly bytes: Uint8Array } {
    this.#expectParameters();
    const { published, difference } = this.#reducer.groupOf(group);
    if (hasPrevious && difference !== undefined) return { isDifference: true, bytes: difference.bytes };
    return { isDifference: false, bytes: published.bytes };
  }

  #digestOf(group: string): string | undefined {
    const { digestEverySteps } = this.#config.journal;
    if (digestEverySteps === 0 || this.step % digestEverySteps !== 0) return undefined;
    return sha256Of(this.bytesOf(group, 'parameters'));
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

  #statisticsOf(group: string): RunningStatistics {
    const statistics = this.#statistics.get(group);
    if (statistics === undefined) {
      const known = [...this.#statistics.keys()].join(', ');
      throw new TrainingStateError('unknown-group', `there is no group '${group}', only ${known}`);
    }
    return statistics;
  }

  #expectParameters(): void {
    if (!this.#hasParameters)
      throw new TrainingStateError('no-parameters', 'the run has no parameters yet: initialize it');
  }
}

function committed({ losses, gradientNorm }: StepVerdict, digest: string | undefined): CommitOutcome {
  return { kind: 'committed', losses, gradientNorm, ...(digest === undefined ? {} : { digest }) };
}
