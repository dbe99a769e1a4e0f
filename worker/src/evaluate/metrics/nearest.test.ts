import { expect, it } from 'vitest';
import { meanPairwiseDistance, nearestOf } from './nearest.ts';

const distance = (a: number, b: number): number => Math.abs(a - b);

it('finds the nearest candidate, the first of several', () => {
  expect(nearestOf([5, 1, 3, 1], (candidate) => distance(candidate, 1))).toBe(1);
  expect(nearestOf([], () => 0)).toBeUndefined();
});

it('means the distances of all pairs', () => {
  expect(meanPairwiseDistance([0, 1, 3], distance)).toBe(2);
  expect(meanPairwiseDistance([4], distance)).toBe(0);
});
