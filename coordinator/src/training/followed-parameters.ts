import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import { bf16WordsOf, type Kernels } from '@atelier/shared/kernels/kernels';

/**
 * The parameters that workers compute with under `wire: bf16`: a float32 copy that follows the master parameters by
 * rounded differences, one a version. A worker that has the version before adds the same difference and has the same
 * bits; any other takes the whole copy. What a difference rounds away stays between the two and goes into the next.
 */
export class FollowedParameters {
  readonly values: KernelSpan;
  readonly #kernels: Kernels;
  readonly #difference: KernelSpan;
  #hasDifference = false;

  /** @param length of the parameters */
  constructor(kernels: Kernels, length: number) {
    this.#kernels = kernels;
    this.values = kernels.memory.allocate(length);
    this.#difference = kernels.memory.allocate(bf16WordsOf(length));
  }

  /** Of the last version to this one, packed; none where this state was given whole. */
  get difference(): KernelSpan | undefined {
    return this.#hasDifference ? this.#difference : undefined;
  }

  /** The state is given whole: initial values, or a checkpoint's. */
  set(values: Float32Array): void {
    this.values.floats.set(values);
    this.#hasDifference = false;
  }

  /** A part of them, from an even offset on. `followed` is to be called after the last. */
  follow(parameters: KernelSpan, offset: number): void {
    this.#kernels.followBf16(
      this.values.slice(offset, parameters.length),
      parameters,
      this.#difference.slice(offset / 2, bf16WordsOf(parameters.length)),
    );
  }

  followed(): void {
    this.#hasDifference = true;
  }
}
