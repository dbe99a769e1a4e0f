import type { RunConfig } from '@atelier/shared/config/run-config';
import type { KernelBuffer } from '@atelier/shared/kernels/kernel-memory';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { flatLayoutOf, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { SliceState } from '@atelier/shared/layout/group-state';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { numUpdatesBefore, phaseIndexOf } from '@atelier/shared/order/schedule';
import { type NodeId, rootOf } from '@atelier/shared/tree/node-id';
import { ReductionTree } from '@atelier/shared/tree/reduction-tree';
import { type NodeWire, nodeWireOf } from '@atelier/shared/wire/node-wire';
import { Intake } from '../reduction/intake.ts';
import type { PreparedStep } from '../reduction/judge-step.ts';
import { RootSum } from '../reduction/root-sum.ts';
import { groupOptionsOf } from './group-options.ts';
import { GroupSlice } from './group-slice.ts';
import { NodeBuffer } from './node-buffer.ts';
import type { ReducedPart } from './reduced-part.ts';
import type { PublishedValues } from './training.ts';
import { TrainingStateError } from './training-state-error.ts';

interface Phase {
  readonly group: GroupSlice;
  readonly wire: NodeWire;
}

/**
 * What one reducer holds of the training state: its part of every group, and the sum of its part of the step's nodes. A
 * step moves in two phases, so that several reducers may commit it together: `prepare` tells what is to be known of it and
 * changes nothing, `commit` applies it.
 */
export class ReducerState {
  readonly #kernels: Kernels = Kernels.load();
  readonly #definition: RunDefinition;
  readonly #numVirtualWorkers: number;
  readonly #groups: ReadonlyMap<string, GroupSlice>;
  readonly #phases: readonly Phase[];
  readonly #tree: ReductionTree<KernelBuffer>;
  readonly #intake: Intake;
  #step = 0;
  #prepared: RootSum | undefined;

  /** Holds nothing until it is restored. @throws TrainingStateError 'bad-config', KernelError */
  constructor(definition: RunDefinition, config: RunConfig, part: ReducedPart) {
    this.#definition = definition;
    this.#numVirtualWorkers = config.virtualWorkers;
    const options = groupOptionsOf(definition, config);
    this.#groups = new Map(
      definition.groups.map(({ name, tensors }) => {
        const wanted = options.get(name);
        if (wanted === undefined) throw new TrainingStateError('unknown-group', `no options of '${name}'`);
        const layout = flatLayoutOf(tensors);
        const slice = part.sliceOf(layout.size);
        return [name, new GroupSlice(this.#kernels, { name, layout, slice }, wanted)];
      }),
    );
    this.#phases = definition.phases.map((phase) => {
      const group = this.groupOf(phase.group);
      const layout = nodeLayoutOf(definition, phase);
      const numOthers = part.hasOthers ? layout.size - layout.gradient.size : 0;
      const shape = { gradient: group.slice, size: group.slice.size + numOthers };
      return { group, wire: nodeWireOf(config.wire, shape, this.#kernels) };
    });
    this.#tree = new ReductionTree(rootOf(config.virtualWorkers), {
      add: (left, right) => this.#phaseOf(this.#step).wire.add(left, right),
      release: (node) => node.release(),
    });
    this.#intake = new Intake(config.virtualWorkers, () => this.#tree.waiting);
  }

  /** The step to be committed next. */
  get step(): number {
    return this.#step;
  }

  /** Sums of the step that wait for their sibling. */
  get backlog(): number {
    return this.#tree.numWaiting;
  }

  /**
   * When there is memory for a node of this step. Whoever was let in asks again whether the node is wanted, and says when
   * it has been received, or was not.
   * @returns what to call then; undefined when the signal came first
   */
  async admit(node: NodeId, signal: AbortSignal): Promise<(() => void) | undefined> {
    return (await this.#intake.enter(node, signal)) ? () => this.#intake.leave(node) : undefined;
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

  /** Whether a node would add nothing: it is counted already, or the step is being committed. */
  isCounted(node: NodeId): boolean {
    return this.#prepared !== undefined || this.#tree.holds(node);
  }

  /**
   * Takes a node in the place of those that it is made of. With several reducers a worker that is lost between two of them
   * leaves a node in one only; whoever is given its block may then bring it cut in another way. The bits are the same.
   * @throws as addNode
   */
  replaceNode(step: number, node: NodeId, buffer: NodeBuffer): void {
    this.#tree.dropBelow(node);
    this.addNode(step, node, buffer);
  }

  /** @throws TrainingStateError 'wrong-step', ReductionError 'incomplete' */
  prepare(step: number): PreparedStep {
    this.#expectStep(step);
    this.#dropPrepared();
    const { group, wire } = this.#phaseOf(step);
    const root = new RootSum(
      // Nobody pushes nodes of which nothing is here.
      wire.numWords === 0 ? this.#kernels.memory.allocate(0) : this.#tree.takeRoot(),
      { gradientSize: group.slice.size, numVirtualWorkers: this.#numVirtualWorkers },
      { kernels: this.#kernels, wire },
    );
    this.#prepared = root;
    const means = root.divide();
    const meanOf = (offset: number, size: number) => root.meanOf(offset, size);
    return { ...means, fragmentSums: group.measure(this.versionOf(group.name) + 1, meanOf) };
  }

  /**
   * Applies what was prepared.
   * @param tensorSums of the whole group, tensor after tensor
   * @throws TrainingStateError 'wrong-step' | 'wrong-length'
   */
  commit(step: number, tensorSums: Float64Array): void {
    this.#expectStep(step);
    if (this.#prepared === undefined)
      throw new TrainingStateError('wrong-step', `step ${step} was not prepared`);
    const root = this.#prepared;
    const { group } = this.#phaseOf(step);
    group.checkSums(tensorSums);
    const meanOf = (offset: number, size: number) => root.meanOf(offset, size);
    group.update(this.versionOf(group.name) + 1, meanOf, tensorSums);
    this.#step += 1;
    this.#dropPrepared();
    this.#intake.clear();
  }

  /** Drops what has arrived of the current step. */
  abandon(): void {
    this.#dropPrepared();
    this.#tree.clear();
    this.#intake.clear();
  }

  /** @throws TrainingStateError 'bad-snapshot' unless `restore` can take it */
  check(states: ReadonlyMap<string, SliceState>): void {
    for (const [name, group] of this.#groups) {
      const state = states.get(name);
      if (state === undefined)
        throw new TrainingStateError('bad-snapshot', `it lacks group '${name}', which the model has`);
      group.check(state);
    }
  }

  /** The state before `step`; what has arrived of the current one is dropped. */
  restore(step: number, states: ReadonlyMap<string, SliceState>): void {
    this.abandon();
    for (const [name, state] of states) this.groupOf(name).restore(state);
    this.#step = step;
  }

  /** Number of updates the group has had. @throws TrainingStateError 'unknown-group' */
  versionOf(group: string): number {
    return numUpdatesBefore(this.#step, this.groupOf(group).name, this.#definition.phases);
  }

  /** As of Training. @throws TrainingStateError 'unknown-group' */
  publishedOf(group: string, hasPrevious: boolean): PublishedValues {
    return this.groupOf(group).publishedTo(hasPrevious);
  }

  /** @throws TrainingStateError 'unknown-group' */
  groupOf(name: string): GroupSlice {
    const group = this.#groups.get(name);
    if (group === undefined) {
      const known = [...this.#groups.keys()].join(', ');
      throw new TrainingStateError('unknown-group', `there is no group '${name}', only ${known}`);
    }
    return group;
  }

  #dropPrepared(): void {
    this.#prepared?.release();
    this.#prepared = undefined;
  }

  #phaseOf(step: number): Phase {
    const phase = this.#phases[phaseIndexOf(step, this.#phases.length)];
    if (phase === undefined) throw new TrainingStateError('wrong-step', `there is no step ${step}`);
    return phase;
  }

  #expectStep(step: number): void {
    if (step !== this.#step)
      throw new TrainingStateError('wrong-step', `step ${step}, but the state is at step ${this.#step}`);
  }
}
