import type { RunConfig } from '@atelier/shared/config/run-config';
import type { KernelBuffer } from '@atelier/shared/kernels/kernel-memory';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { type NodeLayout, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { iterationOf, phaseIndexOf } from '@atelier/shared/order/schedule';
import { sha256Of } from '@atelier/shared/sha256';
import { type NodeId, rootOf } from '@atelier/shared/tree/node-id';
import { ReductionTree } from '@atelier/shared/tree/reduction-tree';
import { type NodeWire, nodeWireOf } from '@atelier/shared/wire/node-wire';
import { meanNodeOf } from '../reduction/mean-node.ts';
import { createGroups } from './create-groups.ts';
import type { GroupBuffers } from './group-buffers.ts';
import { NodeBuffer } from './node-buffer.ts';
import { parseInitialValues } from './parse-initial-values.ts';
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

interface Phase {
  readonly group: GroupBuffers;
  readonly layout: NodeLayout;
  readonly wire: NodeWire;
}

/**
 * All that training changes: parameters, optimizer state, moving averages, statistics and the step number, which move
 * together in `commit` or not at all. The data cursor is a function of the step (order/schedule), so it moves too.
 */
export class TrainingState {
  readonly #kernels: Kernels;
  readonly #definition: RunDefinition;
  readonly #numVirtualWorkers: number;
  readonly #digestEverySteps: number;
  readonly #groups: ReadonlyMap<string, GroupBuffers>;
  readonly #phases: readonly Phase[];
  readonly #tree: ReductionTree<KernelBuffer>;
  #step = 0;
  #hasParameters = false;

  private constructor(definition: RunDefinition, config: RunConfig) {
    this.#kernels = Kernels.load();
    this.#definition = definition;
    this.#numVirtualWorkers = config.virtualWorkers;
    this.#digestEverySteps = config.journal.digestEverySteps;
    this.#groups = createGroups(this.#kernels, definition, config);
    this.#phases = definition.phases.map((phase) => {
      const layout = nodeLayoutOf(definition, phase);
      const wire = nodeWireOf(config.wire, layout, this.#kernels);
      return { group: this.#groupOf(phase.group), layout, wire };
    });
    this.#tree = new ReductionTree(rootOf(config.virtualWorkers), {
      add: (left, right) => this.#phaseOf(this.#step).wire.add(left, right),
      release: (node) => node.release(),
    });
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
    return this.#step;
  }

  get hasParameters(): boolean {
    return this.#hasParameters;
  }

  /** Sums of the step that wait for their sibling. */
  get backlog(): number {
    return this.#tree.numWaiting;
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
    for (const [name, { parameters, statistics }] of parseInitialValues(this.#definition, bytes)) {
      this.#groupOf(name).initialize(parameters, statistics);
    }
    this.#hasParameters = true;
  }

  nodeBytesOf(step: number): number {
    return this.#phaseOf(step).wire.numWords * 4;
  }

  /** @throws TrainingStateError 'wrong-step', KernelError 'out-of-memory' */
  allocateNode(step: number): NodeBuffer {
    this.#expectStep(step);
    return new NodeBuffer(this.#kernels.memory.allocate(this.#phaseOf(step).wire.numWords));
  }

  /**
   * Adds a received node to the step's sum, which then owns its bytes; refused, it stays the caller's.
   * @throws TrainingStateError 'wrong-step' | 'wrong-length', ReductionError 'bad-node' | 'overlap'
   */
  addNode(step: number, node: NodeId, buffer: NodeBuffer): void {
    this.#expectStep(step);
    if (buffer.sizeBytes !== this.nodeBytesOf(step)) {
      const expected = this.nodeBytesOf(step);
      throw new TrainingStateError(
        'wrong-length',
        `a node of ${buffer.sizeBytes} bytes, step ${step} has ${expected}`,
      );
    }
    this.#tree.add(node, buffer.floats);
    buffer.handOver();
  }

  /**
   * Mean, optimizer, moving average, statistics and step number; all of it or, for non-finite values, nothing.
   * @throws TrainingStateError 'wrong-step', ReductionError 'incomplete'
   */
  commit(step: number): CommitOutcome {
    this.#expectStep(step);
    const { group, layout, wire } = this.#phaseOf(step);
    const root = wire.unpack(this.#tree.takeRoot());
    try {
      const mean = meanNodeOf(this.#kernels, root, layout, this.#numVirtualWorkers);
      if (mean.nonFinitePart !== undefined) {
        return { kind: 'non-finite', what: `${mean.nonFinitePart} of step ${step}, group '${group.name}'` };
      }
      group.update(mean.gradient, mean.statistics);
      this.#step += 1;
      const { losses, gradientNorm } = mean;
      return { kind: 'committed', losses, gradientNorm, ...this.#digestOf(group) };
    } finally {
      root.release();
    }
  }

  /** Drops the nodes of the current step that have arrived. */
  abandon(): void {
    this.#tree.clear();
  }

  /**
   * Puts the whole state to a snapshot's, and drops the nodes of the current step.
   * @throws TrainingStateError 'bad-snapshot', the state then being as before
   */
  rollback(snapshot: RunSnapshot): void {
    for (const [name, group] of this.#groups) {
      const state = snapshot.groups[name];
      if (state === undefined)
        throw new TrainingStateError('bad-snapshot', `it lacks group '${name}', which the model has`);
      group.check(state);
      const version = this.#numUpdatesBefore(snapshot.step, group);
      if (state.version !== version) {
        const reason = `group '${name}' has had ${state.version} updates, but ${version} come before step ${snapshot.step}`;
        throw new TrainingStateError('bad-snapshot', reason);
      }
    }
    this.abandon();
    for (const [name, group] of this.#groups) {
      const state = snapshot.groups[name];
      if (state) group.restore(state);
    }
    this.#step = snapshot.step;
    this.#hasParameters = true;
  }

  /** A copy of everything, for a checkpoint. @throws TrainingStateError 'no-parameters' */
  snapshot(): RunSnapshot {
    this.#expectParameters();
    const groups = Object.fromEntries([...this.#groups].map(([name, group]) => [name, group.snapshot()]));
    return { step: this.#step, groups };
  }

  /** Number of updates the group has had. @throws TrainingStateError 'unknown-group' */
  versionOf(group: string): number {
    return this.#groupOf(group).version;
  }

  /**
   * The live bytes: they change with the next commit and detach when the memory grows, so copy before any `await`.
   * 'ema' of a group without one is its parameters.
   * @throws TrainingStateError 'unknown-group' | 'no-parameters'
   */
  bytesOf(group: string, kind: 'parameters' | 'ema' | 'statistics'): Uint8Array {
    this.#expectParameters();
    const buffers = this.#groupOf(group);
    const span = kind === 'ema' ? (buffers.ema ?? buffers.parameters) : buffers[kind];
    return span.bytes;
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
    const { published, difference } = this.#groupOf(group);
    if (hasPrevious && difference !== undefined) return { isDifference: true, bytes: difference.bytes };
    return { isDifference: false, bytes: published.bytes };
  }

  #digestOf(group: GroupBuffers): { digest?: string } {
    if (this.#digestEverySteps === 0 || this.#step % this.#digestEverySteps !== 0) return {};
    return { digest: sha256Of(group.parameters.bytes) };
  }

  #numUpdatesBefore(step: number, group: GroupBuffers): number {
    const updates = this.#phases.map((phase) => phase.group === group);
    const numPhases = updates.length;
    const inWholeIterations = iterationOf(step, numPhases) * updates.filter(Boolean).length;
    return inWholeIterations + updates.slice(0, phaseIndexOf(step, numPhases)).filter(Boolean).length;
  }

  #phaseOf(step: number): Phase {
    const phase = this.#phases[phaseIndexOf(step, this.#phases.length)];
    if (phase === undefined) throw new TrainingStateError('wrong-step', `there is no step ${step}`);
    return phase;
  }

  #groupOf(name: string): GroupBuffers {
    const group = this.#groups.get(name);
    if (group === undefined) {
      const known = [...this.#groups.keys()].join(', ');
      throw new TrainingStateError('unknown-group', `there is no group '${name}', only ${known}`);
    }
    return group;
  }

  #expectStep(step: number): void {
    this.#expectParameters();
    if (step !== this.#step)
      throw new TrainingStateError('wrong-step', `step ${step}, but the state is at step ${this.#step}`);
  }

  #expectParameters(): void {
    if (!this.#hasParameters)
      throw new TrainingStateError('no-parameters', 'the run has no parameters yet: initialize it');
  }
}
