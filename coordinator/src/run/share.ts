import type { Slice } from '@atelier/shared/layout/slices';

/** Which part of every node and every group a process reduces. */
export interface Share {
  /** Of a group of so many parameters. */
  sliceOf(size: number): Slice;
  /** Whether statistics and losses are part of it. */
  readonly hasOthers: boolean;
}

/** Everything: one reducer, in the coordinator. */
export const WHOLE: Share = { sliceOf: (size) => ({ offset: 0, size }), hasOthers: true };
