import { type Slice, slicesOf } from '@atelier/shared/layout/slices';

/** Which part of every node and every group a process reduces. */
export interface ReducedPart {
  /** Of a group of so many parameters. */
  sliceOf(size: number): Slice;
  /** Whether statistics and losses are part of it. */
  readonly hasOthers: boolean;
}

/** Everything: one reducer, in the coordinator. */
export const WHOLE: ReducedPart = { sliceOf: (size) => ({ offset: 0, size }), hasOthers: true };

/** What is left to a coordinator that has reducers. */
export const NO_SLICES: ReducedPart = { sliceOf: () => ({ offset: 0, size: 0 }), hasOthers: true };

/** Of one of several reducers. */
export function reducedPartOf(index: number, numReducers: number): ReducedPart {
  return {
    sliceOf: (size) => slicesOf(size, numReducers)[index] ?? { offset: size, size: 0 },
    hasOthers: false,
  };
}
