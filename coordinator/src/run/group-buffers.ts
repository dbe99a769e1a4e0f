import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { GroupState } from '@atelier/shared/layout/group-state';
import type { GroupDefinition } from '@atelier/shared/layout/run-definition';
import type { Wire } from '@atelier/shared/wire/node-wire';
import { createOptimizer } from '../optimizer/create-optimizer.ts';
import type { Optimizer } from '../optimizer/optimizer.ts';
import { FollowedParameters } from './followed-parameters.ts';
import { TrainingStateError } from './training-state-error.ts';

export interface GroupOptions {
  readonly optimizer: OptimizerConfig;
  readonly updatesPerIteration: number;
  /** Decay of the moving average; none is kept without it. */
  readonly emaDecay: number | undefined;
  readonly statisticsMomentum: number;
  readonly wire: Wire;
}

/** One parameter group's part of the training state, in kernel memory for as long as the run lives. */
export class GroupBuffers {
  readonly name: string;
  readonly parameters: KernelSpan;
  readonly statistics: KernelSpan;
  readonly ema: KernelSpan | undefined;
  readonly #followed: FollowedParameters | undefined;
  readonly #slots: Readonly<Record<string, KernelSpan>>;
  readonly #kernels: Kernels;
  readonly #optimizer: Optimizer;
  readonly #options: GroupOptions;
  #version = 0;

  constructor(kernels: Kernels, definition: GroupDefinition, options: GroupOptions) {
    const { size } = flatLayoutOf(definition.tensors);
    const allocate = (length: number): KernelSpan => {
      const buffer = kernels.memory.allocate(length);
      buffer.floats.fill(0);
      return buffer;
    };
    this.name = definition.name;
    this.#kernels = kernels;
    this.#options = options;
    this.#optimizer = createOptimizer(options.optimizer, options.updatesPerIteration);
    this.parameters = allocate(size);
    this.statistics = allocate(flatLayoutOf(definition.statistics).size);
    this.ema = options.emaDecay === undefined ? undefined : allocate(size);
    this.#followed = options.wire === 'bf16' ? new FollowedParameters(kernels, size) : undefined;
    this.#slots = Object.fromEntries(this.#optimizer.slots.map((slot) => [slot, allocate(size)]));
  }

  /** Number of updates the group has had. */
  get version(): number {
    return this.#version;
  }

  /** The parameters that workers compute with. */
  get published(): KernelSpan {
    return this.#followed?.values ?? this.parameters;
  }

  /** What makes the last version's published parameters this one's, where that is known; packed bf16. */
  get difference(): KernelSpan | undefined {
    return this.#followed?.difference;
  }

  /** The state before the first update. */
  initialize(parameters: Float32Array, statistics: Float32Array): void {
    this.parameters.floats.set(parameters);
    this.statistics.floats.set(statistics);
    this.ema?.floats.set(parameters);
    this.#followed?.set(parameters);
    for (const slot of Object.values(this.#slots)) slot.floats.fill(0);
    this.#version = 0;
  }

  /** @param gradient mean over virtual workers @param statistics likewise */
  update(gradient: KernelSpan, statistics: KernelSpan): void {
    const { emaDecay, statisticsMomentum } = this.#options;
    this.#version += 1;
    this.#optimizer.apply(this.#kernels, {
      update: this.#version,
      parameters: this.parameters,
      gradient,
      slots: this.#slots,
    });
    this.#followed?.follow(this.parameters);
    if (this.ema && emaDecay !== undefined) this.#kernels.moveToward(this.ema, this.parameters, 1 - emaDecay);
    this.#kernels.moveToward(this.statistics, statistics, 1 - statisticsMomentum);
  }

  /** A copy. */
  snapshot(): GroupState {
    return {
      version: this.#version,
      parameters: this.parameters.floats.slice(),
      slots: Object.fromEntries(
        Object.entries(this.#slots).map(([name, slot]) => [name, slot.floats.slice()]),
      ),
      ema: this.ema?.floats.slice(),
      statistics: this.statistics.floats.slice(),
      ...(this.#followed ? { published: this.#followed.values.floats.slice() } : {}),
    };
  }

  /** @throws TrainingStateError 'bad-snapshot' unless `restore` can take it */
  check(state: GroupState): void {
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

  restore(state: GroupState): void {
    for (const [, values, span] of this.#pairs(state)) span.floats.set(values);
    if (state.published) this.#followed?.set(state.published);
    this.#version = state.version;
  }

  #pairs(state: GroupState): [kind: string, values: Float32Array, span: KernelSpan][] {
    const pairs: [string, Float32Array, KernelSpan][] = [
      ['parameters', state.parameters, this.parameters],
      ['statistics', state.statistics, this.statistics],
    ];
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
