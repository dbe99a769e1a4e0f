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
      throw new TrainingStateError('released', 'this node was released, or is part of the sum already');
    }
    return this.#buffer;
  }

  /**
   * Copies a received chunk into place.
   * @throws TrainingStateError 'wrong-length' for bytes past the node's end
   */
  write(chunk: Uint8Array, atByte: number): void {
    if (!(atByte >= 0 && atByte + chunk.byteLength <= this.sizeBytes)) {
      const end = atByte + chunk.byteLength;
      throw new TrainingStateError(
        'wrong-length',
        `bytes [${atByte}, ${end}) for a node of ${this.sizeBytes} bytes`,
      );
    }
    this.floats.bytes.set(chunk, atByte);
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
