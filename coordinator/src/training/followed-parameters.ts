import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';
import type { ParameterWire } from '@atelier/shared/wire/parameter-wire';

/**
 * The parameters that workers compute with where these travel as differences: a float32 copy that follows the master
 * parameters by rounded differences, one a version. A worker that has the version before adds the same difference and has the same
 * bits; any other takes the whole copy. What a difference rounds away stays between the two and goes into the next.
 */
export class FollowedParameters {
  readonly values: KernelSpan;
  readonly #kernels: Kernels;
  readonly #wire: ParameterWire;
  readonly #difference: KernelSpan;
  #hasDifference = false;

  /** @param length of the parameters */
  constructor(kernels: Kernels, wire: ParameterWire, length: number) {
    this.#kernels = kernels;
    this.#wire = wire;
    this.values = kernels.memory.allocate(length);
    this.#difference = kernels.memory.allocate(wire.wordsOf(length));
  }

  /** From the last version to this one, as the wire has it; none where this state was given whole. */
  get difference(): KernelSpan | undefined {
    return this.#hasDifference ? this.#difference : undefined;
  }

  /** The state is given whole: initial values, or a checkpoint's. */
  set(values: Float32Array): void {
    this.values.floats.set(values);
    this.#hasDifference = false;
  }

  /** A part of them, from a chunk's beginning on. `followed` is to be called after the last. */
  follow(parameters: KernelSpan, offset: number): void {
    const { length } = parameters;
    this.#wire.follow(this.#kernels, {
      published: this.values.slice(offset, length),
      parameters,
      difference: this.#difference.slice(this.#wire.wordsOf(offset), this.#wire.wordsOf(length)),
    });
  }

  followed(): void {
    this.#hasDifference = true;
  }
}
