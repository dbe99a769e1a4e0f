import { expect, it } from 'vitest';
import { medianOf } from './statistics.ts';

it('takes the middle of the sorted values, between two of them the mean', () => {
  expect(medianOf([10, 1, 3])).toBe(3);
  expect(medianOf([10, 2, 1, 4])).toBe(3);
  expect(() => medianOf([])).toThrow(RangeError);
});
