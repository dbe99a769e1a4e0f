import { expect, it } from 'vitest';
import { iterationsOf } from './iterations.ts';

it('adds the steps of each whole iteration and leaves out one that is not', () => {
  expect(
    iterationsOf(
      [1, 2, 3, 4, 5].map((seconds) => ({ seconds })),
      2,
    ),
  ).toEqual([3, 7]);
});
