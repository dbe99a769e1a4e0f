import { describe, expect, it } from 'vitest';
import { Coverage } from './coverage.ts';

describe('Coverage', () => {
  it('tells what a node would add', () => {
    const coverage = new Coverage(8);
    coverage.accept({ level: 1, index: 1 }, 'ada');
    expect(coverage.relationOf({ level: 1, index: 0 })).toBe('free');
    expect(coverage.relationOf({ level: 1, index: 1 })).toBe('covered');
    expect(coverage.relationOf({ level: 0, index: 3 })).toBe('covered');
    expect(coverage.relationOf({ level: 2, index: 0 })).toBe('partly-covered');
  });

  it.each([
    [4, 0],
    [3, 1],
    [0, 8],
    [-1, 0],
    [0, -1],
    [0.5, 0],
    [0, 0.5],
    [Number.NaN, 0],
  ])('takes (%d, %d) for no node of a tree over 8', (level, index) => {
    expect(new Coverage(8).relationOf({ level, index })).toBe('outside');
  });

  it('counts a node as covered when its parts came one by one', () => {
    const coverage = new Coverage(2);
    coverage.accept({ level: 0, index: 1 }, 'bob');
    coverage.accept({ level: 0, index: 0 }, 'ada');
    expect(coverage.relationOf({ level: 1, index: 0 })).toBe('covered');
    expect(coverage.isComplete).toBe(true);
    expect(coverage.nodes.map(({ worker }) => worker)).toEqual(['ada', 'bob']);
  });

  it('names what is missing in the fewest nodes', () => {
    const coverage = new Coverage(8);
    coverage.accept({ level: 0, index: 2 }, 'ada');
    expect(coverage.missing([{ level: 1, index: 3 }])).toEqual([
      { level: 1, index: 0 },
      { level: 0, index: 3 },
      { level: 1, index: 2 },
    ]);
  });
});
