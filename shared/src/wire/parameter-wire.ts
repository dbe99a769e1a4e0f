import type { KernelSpan } from '../kernels/kernel-memory.ts';
import { bf16WordsOf, type Kernels } from '../kernels/kernels.ts';
import type { Wire } from './node-wire.ts';

/**
 * How a new version of parameters goes to a worker that has the version before: as a difference, which both sides add in
 * the same way to what they have. Whoever has no version before is given the sender's sum whole, as float32. What a difference
 * rounds away stays between the sender's parameters and that sum, and goes into the next difference. Buffers lie in kernel
 * memory; a difference takes whole float32-sized words.
 */
export interface ParameterWire {
  /**
   * Words of a difference of so many parameters. Whole chunks (CHUNK_ELEMENTS) take as many words wherever they lie: what is
   * of a chunk's parameters begins at the words of all parameters before it. So a difference can be made, cut and sent in
   * pieces that begin at a chunk.
   */
  wordsOf(numParameters: number): number;
  /** The sender's side. difference = rounded(parameters - published); published += difference. */
  follow(kernels: Kernels, spans: FollowedSpans): void;
  /** The worker's side, to the same bits. held += difference */
  add(kernels: Kernels, held: KernelSpan, difference: KernelSpan): void;
}

/** Of the same parameters, the first of which is the first of a chunk. */
export interface FollowedSpans {
  /** What workers compute with; float32. */
  readonly published: KernelSpan;
  /** Float32. */
  readonly parameters: KernelSpan;
  /** Of so many words as they take; written. */
  readonly difference: KernelSpan;
}

const BF16: ParameterWire = {
  wordsOf: bf16WordsOf,
  follow: (kernels, { published, parameters, difference }) =>
    kernels.followBf16(published, parameters, difference),
  add: (kernels, held, difference) => kernels.addDifferenceBf16(held, difference),
};

/** Undefined: workers compute with the parameters themselves, which always go whole. */
const BY_WIRE: Readonly<Record<Wire, ParameterWire | undefined>> = { f32: undefined, bf16: BF16 };

export function parameterWireOf(wire: Wire): ParameterWire | undefined {
  return BY_WIRE[wire];
}
