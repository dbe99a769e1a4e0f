import { expect, it } from 'vitest';
import { meanAndSpreadOf } from './mean-and-spread.ts';

it('is the mean and the standard deviation of the sample', () => {
  expect(meanAndSpreadOf([1, 2, 3])).toEqual({ mean: 2, spread: 1 });
  expect(meanAndSpreadOf([7])).toEqual({ mean: 7 });
  expect(meanAndSpreadOf([])).toBeUndefined();
});
