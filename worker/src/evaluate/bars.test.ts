import { expect, it } from 'vitest';
import { barsOf } from './bars.ts';

const colourStatistics = { gram: { mean: 1 } };

it('are met at the limit and not beyond it; the Gram one moves with the baseline', () => {
  const values = { judge: { mean: 0.9 }, swd: { mean: 0.22 }, gram: { mean: 0.6 }, layout: { mean: 0.25 } };
  const met = barsOf(values, colourStatistics).filter(({ isMet }) => isMet);
  expect(met.map(({ metric }) => metric)).toEqual(['judge', 'layout', 'gram']);
  expect(barsOf(values, { gram: { mean: 0.9 } }).find(({ metric }) => metric === 'gram')?.isMet).toBe(false);
});

it('are not set on what was not measured', () => {
  expect(barsOf({ swd: { mean: 0.1 } }, colourStatistics).map(({ metric }) => metric)).toEqual(['swd']);
});
