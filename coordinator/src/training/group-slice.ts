import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';
import type { SliceState } from '@atelier/shared/layout/group-state';
import type { Slice } from '@atelier/shared/layout/slices';
import type { Wire } from '@atelier/shared/wire/node-wire';
import { createOptimizer } from '../optimizer/create-optimizer.ts';
import type { Optimizer } from '../optimizer/optimizer.ts';
import { blocksOf } from '../reduction/root-sum.ts';
import { FollowedParameters } from './followed-parameters.ts';
import type { PublishedValues } from './training.ts';
import { TrainingStateError } from './training-state-error.ts';

export interface GroupOptions {
  readonly optimizer: OptimizerConfig;
  readonly updatesPerIteration: number;
  /** Decay of the moving average; none is kept without it. */
  readonly emaDecay: number | undefined;
  readonly wire: Wire;
}

/** What an update touches of one block. */
interface Block extends Slice {
  readonly parameters: KernelSpan;
  readonly slots: Readonly<Record<string, KernelSpan>>;
  readonly ema: KernelSpan | undefined;
}

/**
 * A slice of one parameter group, or all of it: parameters and all that goes with them element by element, in kernel
 * memory for as long as the run lives. Where a group is cut changes no bit.
 */
export class GroupSlice {
  readonly name: string;
  readonly slice: Slice;
  readonly parameters: KernelSpan;
  readonly ema: KernelSpan | undefined;
  readonly #followed: FollowedParameters | undefined;
  readonly #slots: Readonly<Record<string, KernelSpan>>;
  readonly #blocks: readonly Block[];
  readonly #kernels: Kernels;
  readonly #optimizer: Optimizer;
  readonly #options: GroupOptions;

  constructor(kernels: Kernels, name: string, slice: Slice, options: GroupOptions) {
    const { size } = slice;
    const allocate = (): KernelSpan => kernels.memory.allocate(size);
    this.name = name;
    this.slice = slice;
    this.#kernels = kernels;
    this.#options = options;
    this.#optimizer = createOptimizer(options.optimizer, options.updatesPerIteration);
    this.parameters = allocate();
    this.ema = options.emaDecay === undefined ? undefined : allocate();
    this.#followed = options.wire === 'bf16' ? new FollowedParameters(kernels, size) : undefined;
    this.#slots = Object.fromEntries(this.#optimizer.slots.map((slot) => [slot, allocate()]));
    this.#blocks = blocksOf(size).map((block) => {
      const of = (span: KernelSpan): KernelSpan => span.slice(block.offset, block.size);
      const slots = Object.entries(this.#slots).map(([slot, span]) => [slot, of(span)]);
      const ema = this.ema && of(this.ema);
      return { ...block, parameters: of(this.parameters), slots: Object.fromEntries(slots), ema };
    });
  }

  /** The parameters that workers compute with. */
  get published(): KernelSpan {
    return this.#followed?.values ?? this.parameters;
  }

  /** What makes the last version's published parameters this one's, where that is known; packed bf16. */
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
   * One pass over the slice: all that is done to a block is done while it is in the processor's cache.
   * @param update of the group, from 1
   * @param meanOf of the gradient, for a block
   */
  update(update: number, meanOf: (offset: number, size: number) => KernelSpan): void {
    const { emaDecay = 0 } = this.#options;
    for (const { offset, size, parameters, slots, ema } of this.#blocks) {
      this.#optimizer.apply(this.#kernels, { update, parameters, gradient: meanOf(offset, size), slots });
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
      `the state of group '${this.name}' does not fit this run: ${reason}`,
    );
  }
}
