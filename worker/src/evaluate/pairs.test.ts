import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvaluationError } from './evaluation-error.ts';
import { GROUP_SIZE, pairGroupsOf } from './pairs.ts';

describe('pairGroupsOf', () => {
  it('repeats no style within a group, and no example before the others have come', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 10, max: 60 }), (seed, numStyles) => {
        const groups = pairGroupsOf({ numPairs: 100, seed, numContents: 100, numStyles });
        for (const { styles } of groups) expect(new Set(styles).size).toBe(GROUP_SIZE);
        expect(new Set(groups.flatMap(({ contents }) => contents)).size).toBe(100);
        const firstEpoch = groups
          .slice(0, Math.floor(numStyles / GROUP_SIZE))
          .flatMap(({ styles }) => styles);
        expect(new Set(firstEpoch).size).toBe(firstEpoch.length);
      }),
      { numRuns: 20 },
    );
  });

  it('draws other pairs for another seed, the same for one', () => {
    const drawn = (seed: number) => pairGroupsOf({ numPairs: 20, seed, numContents: 50, numStyles: 50 });
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  it('says what numbers it wants', () => {
    const draw = (numPairs: number, numStyles: number) => () =>
      pairGroupsOf({ numPairs, seed: 1, numContents: 50, numStyles });
    expect(draw(25, 50)).toThrow('--pairs: got 25, wanted a multiple of 10 that is at least 20');
    expect(draw(20, 9)).toThrow('the style set has 9 examples: wanted at least 10');
    expect(draw(10, 50)).toThrow(EvaluationError);
  });
});
