import { describe, expect, it } from 'vitest';
import { decideSecondCopies, overdueMsOf } from './lateness.ts';

const policy = { lateFactor: 3, lateFloorMs: 2_000 };
const block = (index: number, sinceMs: number, workload = 1) => ({
  node: { level: 0, index },
  sinceMs,
  workload,
});

describe('overdueMsOf', () => {
  it('allows a multiple of the median for all that stands before the block, but never less than the floor', () => {
    expect(overdueMsOf(block(0, 1_000, 2), 8_000, 1, policy)).toBe(1_000);
    expect(overdueMsOf(block(0, 1_000, 2), 4_000, 0.1, policy)).toBe(1_000);
    expect(overdueMsOf(block(0, 1_000), 2_999, undefined, policy)).toBe(-1);
  });
});

describe('decideSecondCopies', () => {
  it('gives the most overdue block to the fastest idle member, and the unmeasured come last', () => {
    const idle = [
      { session: 'new', secondsPerVirtualWorker: undefined },
      { session: 'slow', secondsPerVirtualWorker: 2 },
      { session: 'fast', secondsPerVirtualWorker: 1 },
    ];
    const copies = decideSecondCopies([block(0, 900), block(1, 0), block(2, 9_000)], idle, 10_000, 1, policy);
    expect(copies).toEqual([
      { session: 'fast', node: { level: 0, index: 1 } },
      { session: 'slow', node: { level: 0, index: 0 } },
    ]);
  });
});
