import { expect, it } from 'vitest';
import { isStylizing } from './run-summary.ts';

it('tells who paints in a style from who paints pairs of pictures out of noise', () => {
  const both = { reads: ['content', 'style'] };
  expect(isStylizing([both, both])).toBe(true);
  // The article's networks learn from two domains, and paint from none.
  expect(isStylizing([both, { reads: [] }])).toBe(false);
  expect(isStylizing([{ reads: ['real'] }, { reads: [] }])).toBe(false);
  expect(isStylizing([])).toBe(false);
});
