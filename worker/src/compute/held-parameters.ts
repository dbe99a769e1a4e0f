import type { KernelBuffer } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';
import type { ParameterWire } from '@atelier/shared/wire/parameter-wire';
import { ComputeError } from './compute-error.ts';

/** The parameters that a worker has of each group, in kernel memory, so that differences can be added to them. */
export class HeldParameters {
  readonly wire: ParameterWire;
  readonly #kernels: Kernels;
  readonly #byGroup = new Map<string, KernelBuffer>();

  constructor(kernels: Kernels, wire: ParameterWire) {
    this.wire = wire;
    this.#kernels = kernels;
  }

  set(group: string, flat: Float32Array): void {
    const known = this.#byGroup.get(group);
    const buffer = known?.length === flat.length ? known : this.#kernels.memory.allocate(flat.length);
    if (known !== buffer) known?.release();
    buffer.floats.set(flat);
    this.#byGroup.set(group, buffer);
  }

  /**
   * @param difference as the wire has it
   * @returns a view of the sum, to be read at once
   * @throws ComputeError 'failed' where the group was never set
   */
  add(group: string, difference: Float32Array): Float32Array {
    const held = this.#byGroup.get(group);
    if (held === undefined)
      throw new ComputeError(
        'failed',
        `got a difference of group '${group}' before its parameters: set the parameters first`,
      );
    const buffer = this.#kernels.memory.allocate(difference.length);
    try {
      buffer.floats.set(difference);
      this.wire.add(this.#kernels, held, buffer);
      return held.floats;
    } finally {
      buffer.release();
    }
  }
}
