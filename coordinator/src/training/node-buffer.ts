import type { KernelBuffer } from '@atelier/shared/kernels/kernel-memory';
import { TrainingStateError } from './training-state-error.ts';

/**
 * Where the bytes of one pushed node are received, in kernel memory. Whoever allocated it releases it, unless it went
 * into the sum: `release` in a `finally` is always right.
 */
export class NodeBuffer {
  readonly sizeBytes: number;
  #buffer: KernelBuffer | undefined;

  constructor(buffer: KernelBuffer) {
    this.#buffer = buffer;
    this.sizeBytes = buffer.length * 4;
  }

  /** @throws TrainingStateError 'released' once released or added to the sum */
  get floats(): KernelBuffer {
    if (this.#buffer === undefined) {
      throw new TrainingStateError('released', 'this node was released or added to the sum already');
    }
    return this.#buffer;
  }

  /**
   * Where bytes [atByte, atByte + numBytes) belong. A view to be filled now: memory that grows leaves it empty.
   * @throws TrainingStateError 'wrong-length' for bytes past the node's end
   */
  partAt(atByte: number, numBytes: number): Uint8Array {
    const end = atByte + numBytes;
    if (!(atByte >= 0 && end <= this.sizeBytes)) {
      throw new TrainingStateError(
        'wrong-length',
        `bytes [${atByte}, ${end}) for a node of ${this.sizeBytes} bytes`,
      );
    }
    return this.floats.bytes.subarray(atByte, end);
  }

  /** The sum owns the bytes from now on. */
  handOver(): void {
    this.#buffer = undefined;
  }

  release(): void {
    this.#buffer?.release();
    this.#buffer = undefined;
  }
}
