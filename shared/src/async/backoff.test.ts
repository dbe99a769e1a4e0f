import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

it('doubles the longest wait up to five seconds', () => {
  const longest = [0, 1, 2, 3, 4, 5, 1_000].map((numFailures) => backoffMs(numFailures, () => 1));
  expect(longest).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

it('may come back at once, so that a crowd spreads', () => {
  expect(backoffMs(5, () => 0)).toBe(0);
});
