import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';
import type { FlatLayout } from '@atelier/shared/layout/flat-layout';
import type { SliceState } from '@atelier/shared/layout/group-state';
import type { Slice } from '@atelier/shared/layout/slices';
import type { Wire } from '@atelier/shared/wire/node-wire';
import { parameterWireOf } from '@atelier/shared/wire/parameter-wire';
import { createOptimizer } from '../optimizer/create-optimizer.ts';
import type { Optimizer, OptimizerUpdate } from '../optimizer/optimizer.ts';
import { FollowedParameters } from './followed-parameters.ts';
import { type UpdatedBlock, type UpdatedPart, updatedBlocksOf } from './slice-blocks.ts';
import type { PublishedValues } from './training.ts';
import { TrainingStateError } from './training-state-error.ts';

export interface GroupOptions {
  readonly optimizer: OptimizerConfig;
  readonly updatesPerIteration: number;
  /** Decay of the moving average; none is kept without it. */
  readonly emaDecay: number | undefined;
  readonly wire: Wire;
}

/** Which elements of which group. */
export interface GroupPlace {
  readonly name: string;
  /** Of the whole group. */
  readonly layout: FlatLayout;
  readonly slice: Slice;
}

/** Of the mean gradient, elements of the slice; they stand until the next are asked for. */
export type MeanOf = (offset: number, size: number) => KernelSpan;

/**
 * A slice of one parameter group, or all of it: parameters and all that goes with them element by element, in kernel
 * memory for as long as the run lives. Where a group is cut changes no bit: what an optimizer has to know of a tensor is
 * measured here for the slice's fragments of it, and comes back as the tensor's.
 */
export class GroupSlice {
  readonly name: string;
  readonly slice: Slice;
  readonly parameters: KernelSpan;
  readonly ema: KernelSpan | undefined;
  readonly #followed: FollowedParameters | undefined;
  readonly #slots: Readonly<Record<string, KernelSpan>>;
  readonly #layout: FlatLayout;
  readonly #blocks: readonly UpdatedBlock[];
  readonly #kernels: Kernels;
  readonly #optimizer: Optimizer;
  readonly #options: GroupOptions;

  constructor(kernels: Kernels, { name, layout, slice }: GroupPlace, options: GroupOptions) {
    const { size } = slice;
    const allocate = (): KernelSpan => kernels.memory.allocate(size);
    this.name = name;
    this.slice = slice;
    this.#layout = layout;
    this.#kernels = kernels;
    this.#options = options;
    this.#optimizer = createOptimizer(options.optimizer, options.updatesPerIteration);
    this.parameters = allocate();
    this.ema = options.emaDecay === undefined ? undefined : allocate();
    const parameterWire = parameterWireOf(options.wire);
    this.#followed = parameterWire && new FollowedParameters(kernels, parameterWire, size);
    this.#slots = Object.fromEntries(this.#optimizer.slots.map((slot) => [slot, allocate()]));
    const byTensors = this.#optimizer.tensorSums !== undefined;
    this.#blocks = updatedBlocksOf(
      { layout, slice, byTensors },
      { parameters: this.parameters, slots: this.#slots, ema: this.ema },
    );
  }

  /** What the optimizer has to know of every tensor before an update: as many sums of each. */
  get sumNames(): readonly string[] {
    return this.#optimizer.tensorSums?.names ?? [];
  }

  /** The parameters that workers compute with. */
  get published(): KernelSpan {
    return this.#followed?.values ?? this.parameters;
  }

  /** What makes the last version's published parameters this one's, where that is known. */
  get difference(): KernelSpan | undefined {
    return this.#followed?.difference;
  }

  /** What goes to workers: to those that have the version before, the difference from it where that is known. */
  publishedTo(hasPrevious: boolean): PublishedValues {
    const { published, difference } = this;
    if (hasPrevious && difference !== undefined) return { isDifference: true, bytes: difference.bytes };
    return { isDifference: false, bytes: published.bytes };
  }

  /**
   * Changes nothing.
   * @param update of the group, from 1
   * @returns the sums of the slice's fragments, one fragment's after another's
   */
  measure(update: number, meanOf: MeanOf): Float64Array {
    const { tensorSums } = this.#optimizer;
    if (tensorSums === undefined) return new Float64Array();
    const sums = this.#blocks.flatMap(({ offset, size, parts }) => {
      const mean = meanOf(offset, size);
      return parts.flatMap((part) => tensorSums.measure(this.#kernels, updateOf(update, part, mean)));
    });
    return Float64Array.from(sums);
  }

  /** @throws TrainingStateError 'wrong-length' unless the sums are those of the group's tensors */
  checkSums({ length }: Float64Array): void {
    const wanted = this.sumNames.length * this.#layout.tensors.length;
    if (length === wanted) return;
    const reason = `${length} sums of tensors, group '${this.name}' has ${wanted}`;
    throw new TrainingStateError('wrong-length', reason);
  }

  /**
   * One pass over the slice: all that is done to a block is done while it is in the processor's cache.
   * @param update of the group, from 1
   * @param tensorSums of the whole group, tensor after tensor
   */
  update(update: number, meanOf: MeanOf, tensorSums: Float64Array): void {
    const { emaDecay = 0 } = this.#options;
    const numSums = this.sumNames.length;
    for (const { offset, size, parameters, ema, parts } of this.#blocks) {
      const mean = meanOf(offset, size);
      for (const part of parts) {
        const at = (part.tensor ?? 0) * numSums;
        const sums = [...tensorSums.subarray(at, at + numSums)];
        this.#optimizer.apply(this.#kernels, updateOf(update, part, mean), sums);
      }
      this.#followed?.follow(parameters, offset);
      if (ema) this.#kernels.moveToward(ema, parameters, 1 - emaDecay);
    }
    this.#followed?.followed();
  }

  /** A copy. */
  snapshot(): SliceState {
    return {
      parameters: this.parameters.floats.slice(),
      slots: Object.fromEntries(
        Object.entries(this.#slots).map(([name, slot]) => [name, slot.floats.slice()]),
      ),
      ema: this.ema?.floats.slice(),
      ...(this.#followed ? { published: this.#followed.values.floats.slice() } : {}),
    };
  }

  /** @throws TrainingStateError 'bad-snapshot' unless `restore` can take it */
  check(state: SliceState): void {
    const slots = Object.keys(this.#slots).join(', ') || 'nothing';
    const given = Object.keys(state.slots).join(', ') || 'nothing';
    if (slots !== given) {
      this.#refuse(
        `its optimizer state is ${given}, but the config's ${this.#options.optimizer.kind} keeps ${slots}`,
      );
    }
    if ((state.ema === undefined) !== (this.ema === undefined)) {
      this.#refuse(
        `it has ${state.ema ? 'a' : 'no'} moving average, but the config asks for ${this.ema ? 'one' : 'none'}`,
      );
    }
    if ((state.published === undefined) !== (this.#followed === undefined)) {
      this.#refuse(
        `it has ${state.published ? 'a' : 'no'} copy of the parameters as published, but the config's wire is ${this.#options.wire}`,
      );
    }
    for (const [kind, values, span] of this.#pairs(state)) {
      if (values.length !== span.length) {
        this.#refuse(`its ${kind} are ${values.length} numbers, but the model has ${span.length}`);
      }
    }
  }

  restore(state: SliceState): void {
    for (const [, values, span] of this.#pairs(state)) span.floats.set(values);
    if (state.published) this.#followed?.set(state.published);
  }

  #pairs(state: SliceState): [kind: string, values: Float32Array, span: KernelSpan][] {
    const pairs: [string, Float32Array, KernelSpan][] = [['parameters', state.parameters, this.parameters]];
    if (state.ema && this.ema) pairs.push(['averages', state.ema, this.ema]);
    if (state.published && this.#followed)
      pairs.push(['published parameters', state.published, this.#followed.values]);
    for (const [name, span] of Object.entries(this.#slots)) {
      pairs.push([`optimizer values '${name}'`, state.slots[name] ?? new Float32Array(), span]);
    }
    return pairs;
  }

  #refuse(reason: string): never {
    throw new TrainingStateError(
      'bad-snapshot',
      `the checkpoint of group '${this.name}' does not fit the config of this run: ${reason}`,
    );
  }
}

function updateOf(update: number, part: UpdatedPart, mean: KernelSpan): OptimizerUpdate {
  const { offset, size, parameters, slots } = part;
  return { update, parameters, gradient: mean.slice(offset, size), slots };
}
