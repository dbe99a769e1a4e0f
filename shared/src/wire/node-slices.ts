import { bf16WordsOf } from '../kernels/kernels.ts';
import { slicesOf } from '../layout/slices.ts';
import { GRADIENT_FORMATS, type Wire } from './node-wire.ts';

const WORD_BYTES = 4;

/** Float32-sized words that so many elements of a gradient take. */
export function wordsOf(wire: Wire, numElements: number): number {
  return GRADIENT_FORMATS[wire] === 'f32' ? numElements : bf16WordsOf(numElements);
}

/** A node as it goes to several reducers and to the coordinator. Views of its bytes. */
export interface CutNode {
  /** Of the gradient, by reducer; empty where it has nothing of the group. */
  readonly slices: readonly Uint8Array[];
  /** Statistics and losses. */
  readonly others: Uint8Array;
}

export function cutNode(
  bytes: Uint8Array,
  { wire, gradientSize, numReducers }: { wire: Wire; gradientSize: number; numReducers: number },
): CutNode {
  // A slice begins at a whole chunk, so no packed word is shared by two.
  const slices = slicesOf(gradientSize, numReducers).map(({ offset, size }) => {
    const start = wordsOf(wire, offset) * WORD_BYTES;
    return bytes.subarray(start, start + wordsOf(wire, size) * WORD_BYTES);
  });
  return { slices, others: bytes.subarray(wordsOf(wire, gradientSize) * WORD_BYTES) };
}
