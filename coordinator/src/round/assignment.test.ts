import {
  alignedNodesOf,
  contains,
  firstVirtualWorkerOf,
  type NodeId,
  numVirtualWorkersOf,
} from '@atelier/shared/tree/node-id';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, decideAssignment, decideQuotas } from './assignment.ts';

const candidateArbitrary = fc.record({
  secondsPerVirtualWorker: fc.option(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { nil: undefined }),
  backlog: fc.nat({ max: 20 }),
});
const candidatesArbitrary = fc
  .array(candidateArbitrary, { minLength: 1, maxLength: 9 })
  .map((list): Candidate[] => list.map((candidate, i) => ({ session: `s${i}`, ...candidate })));

/** Any set of virtual workers of a tree over 32, as the fewest nodes. */
const freeArbitrary = fc.array(fc.boolean(), { minLength: 32, maxLength: 32 }).map((isFree) => {
  const nodes: NodeId[] = [];
  for (let first = isFree.indexOf(true); first !== -1; ) {
    const next = isFree.indexOf(false, first);
    const end = next === -1 ? isFree.length : next;
    nodes.push(...alignedNodesOf(first, end - first));
    first = isFree.indexOf(true, end);
  }
  return nodes;
});

function virtualWorkersOf(nodes: readonly NodeId[]): number[] {
  return nodes
    .flatMap((node) =>
      Array.from({ length: numVirtualWorkersOf(node) }, (_, i) => firstVirtualWorkerOf(node) + i),
    )
    .toSorted((a, b) => a - b);
}

function numBitsOf(count: number): number {
  return count.toString(2).replaceAll('0', '').length;
}

function workers(...seconds: (number | undefined)[]): Candidate[] {
  return seconds.map((secondsPerVirtualWorker, i) => ({
    session: `s${i}`,
    secondsPerVirtualWorker,
    backlog: 0,
  }));
}

describe('decideAssignment', () => {
  it('hands out every free virtual worker exactly once, whatever the speeds and the gaps', () => {
    fc.assert(
      fc.property(freeArbitrary, candidatesArbitrary, (free, candidates) => {
        const blocks = decideAssignment(free, candidates).flatMap((assigned) => assigned.blocks);
        expect(virtualWorkersOf(blocks)).toEqual(virtualWorkersOf(free));
        for (const block of blocks) expect(free.some((node) => contains(node, block))).toBe(true);
      }),
    );
  });

  it('lays a whole tree out in the fewest nodes that the numbers allow', () => {
    fc.assert(
      fc.property(fc.nat({ max: 8 }), candidatesArbitrary, (level, candidates) => {
        for (const { blocks } of decideAssignment([{ level, index: 0 }], candidates)) {
          expect(blocks.length).toBe(numBitsOf(virtualWorkersOf(blocks).length));
        }
      }),
    );
  });

  it('gives one worker the root, and nobody anything when there is nobody', () => {
    expect(decideAssignment([{ level: 3, index: 0 }], workers(2))).toEqual([
      { session: 's0', blocks: [{ level: 3, index: 0 }] },
    ]);
    expect(decideAssignment([{ level: 3, index: 0 }], [])).toEqual([]);
  });
});

describe('decideQuotas', () => {
  it('ends as soon as any division does', () => {
    const divisions = (count: number, parts: number): number[][] =>
      parts === 1
        ? [[count]]
        : Array.from({ length: count + 1 }, (_, i) =>
            divisions(count - i, parts - 1).map((rest) => [i, ...rest]),
          ).flat();
    const seconds = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(seconds, fc.nat({ max: 8 }), (times, count) => {
        const makespanOf = (quotas: readonly number[]) =>
          Math.max(...quotas.map((quota, i) => quota * (times[i] ?? 0)));
        const least = Math.min(...divisions(count, times.length).map(makespanOf));
        expect(makespanOf(decideQuotas(count, workers(...times)))).toBeCloseTo(least, 9);
      }),
    );
  });

  it('divides by speed, and takes the unmeasured to run at the mean speed', () => {
    expect(decideQuotas(8, workers(1, 3))).toEqual([6, 2]);
    expect(decideQuotas(9, workers(1, 0.5, undefined))).toEqual([2, 4, 3]);
    expect(decideQuotas(4, workers(undefined, undefined, undefined))).toEqual([2, 1, 1]);
  });

  it('gives nothing to who would only hold the others up', () => {
    expect(decideQuotas(4, workers(1, 30))).toEqual([4, 0]);
  });

  it('counts what is in hand already', () => {
    const [idle, busy] = [
      { session: 'a', secondsPerVirtualWorker: 1, backlog: 0 },
      { session: 'b', secondsPerVirtualWorker: 1, backlog: 3 },
    ];
    expect(decideQuotas(5, [idle, busy])).toEqual([4, 1]);
  });
});
