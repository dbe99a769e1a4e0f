import type { KernelBuffer, KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';
import { CHUNK_ELEMENTS, piecesOf, type Slice } from '@atelier/shared/layout/slices';
import type { NodeWire } from '@atelier/shared/wire/node-wire';
import type { MeanStep } from './judge-step.ts';

/** Elements that are worked through at once, 1 MiB of each buffer: smaller blocks interrupt the processor's prefetching. */
const BLOCK_ELEMENTS = 64 * CHUNK_ELEMENTS;

export function blocksOf(size: number): Slice[] {
  return piecesOf(size, BLOCK_ELEMENTS);
}

/** The sum at the root of a step's tree as means over the virtual workers: by a power of two, so exactly. */
export class RootSum {
  readonly #wire: NodeWire;
  readonly #root: KernelBuffer;
  readonly #gradientSize: number;
  readonly #factor: number;
  readonly #scratch: KernelBuffer;

  /** Takes the root over. */
  constructor(
    root: KernelBuffer,
    options: { readonly gradientSize: number; readonly numVirtualWorkers: number },
    modules: { readonly kernels: Kernels; readonly wire: NodeWire },
  ) {
    this.#root = root;
    this.#gradientSize = options.gradientSize;
    this.#factor = 1 / options.numVirtualWorkers;
    this.#wire = modules.wire;
    this.#scratch = modules.kernels.memory.allocate(BLOCK_ELEMENTS);
  }

  /** In one pass: divides, and finds the chunks' sums of squares and the first element that is an infinity or a NaN. */
  divide(): MeanStep {
    let nonFinite: number | undefined;
    const squares = Float64Array.from(piecesOf(this.#gradientSize, CHUNK_ELEMENTS), ({ offset, size }) => {
      const scratch = this.#scratch.slice(0, size);
      const square = this.#wire.scaleAndSquare(this.#root, offset, scratch, this.#factor);
      if (!Number.isFinite(square)) {
        const { floats } = this.meanOf(offset, size);
        nonFinite ??= offset + floats.findIndex((value) => !Number.isFinite(value));
      }
      return square;
    });
    const others = this.#wire.othersOf(this.#root).floats.map((sum) => sum * this.#factor);
    return { squares, nonFinite, others };
  }

  /** After `divide`: at most a block of the mean gradient; it stands until the next is asked for. */
  meanOf(offset: number, size: number): KernelSpan {
    return this.#wire.scaledOf(this.#root, offset, this.#scratch.slice(0, size), this.#factor);
  }

  release(): void {
    this.#root.release();
    this.#scratch.release();
  }
}
