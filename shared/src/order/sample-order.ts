import { keyOf } from '../random/keyed-random.ts';
import { Permutation } from '../random/permutation.ts';

/**
 * The endless stream of one domain's examples: epoch after epoch, each in its own keyed order. Stream position p is
 * place p mod n of epoch p div n. Nothing is repeated or skipped within an epoch, and nothing of the data set's
 * length is ever allocated.
 */
export class SampleOrder {
  readonly numExamples: number;
  readonly #seed: number;
  readonly #domain: string;
  #epoch = -1;
  #permutation: Permutation | undefined;

  constructor(options: { readonly seed: number; readonly domain: string; readonly numExamples: number }) {
    this.numExamples = options.numExamples;
    this.#seed = options.seed;
    this.#domain = options.domain;
  }

  /** The example at a stream position. */
  at(position: number): number {
    const epoch = Math.floor(position / this.numExamples);
    if (this.#permutation === undefined || epoch !== this.#epoch) {
      this.#permutation = new Permutation(keyOf(this.#seed, 'order', this.#domain, epoch), this.numExamples);
      this.#epoch = epoch;
    }
    return this.#permutation.at(position % this.numExamples);
  }

  /** The examples at stream positions [first, first + count). */
  slice(first: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.at(first + i));
  }
}

/** First stream position of virtual worker v's batch, `numReads` global batches into the stream. */
export function batchPosition(
  numReads: number,
  virtualWorker: number,
  numVirtualWorkers: number,
  batchPerVirtualWorker: number,
): number {
  return (numReads * numVirtualWorkers + virtualWorker) * batchPerVirtualWorker;
}
