import { describe, expect, it } from 'vitest';
import { numBarsMetOf, shortfallOf } from './bars.ts';
import type { Evaluation } from './evaluation.ts';
import { EvaluationHistory } from './evaluation-history.ts';

const BARS = [
  { metric: 'judge', wanted: 'at least', limit: 0.5 },
  { metric: 'swd', wanted: 'at most', limit: 0.2 },
] as const;

function evaluated(step: number, judge: number, swd = 0.1): Evaluation {
  return { step, iteration: step, digest: '0'.repeat(64), values: { judge, swd }, bars: [...BARS] };
}

describe('the history of evaluations', () => {
  it('names the one with the smallest shortfall as the best, of equal ones the first', () => {
    const history = new EvaluationHistory();
    const judged = [0.1, 0.4, 0.3, 0.6, 0.9].map((judge, i) => history.add(evaluated(i, judge)));
    expect(judged.map((each) => each?.isBest)).toEqual([true, true, false, true, false]);
    expect(history.best).toMatchObject({ step: 3, shortfall: 0, barsMet: 2 });
    expect(history.newest?.step).toBe(4);
  });

  it('takes each step once, and none that comes after a later one', () => {
    const history = new EvaluationHistory();
    history.add(evaluated(5, 0.4));
    expect(history.add(evaluated(5, 0.9))).toBeUndefined();
    expect(history.add(evaluated(4, 0.9))).toBeUndefined();
    expect(history.all).toHaveLength(1);
  });
});

it('weighs each miss in proportion to its bar, and what is met not at all', () => {
  expect(shortfallOf(evaluated(0, 0.25, 0.2))).toBe(0.5);
  expect(shortfallOf(evaluated(0, 0.5, 0.3))).toBeCloseTo(0.5);
  expect(shortfallOf(evaluated(0, 0.25, 0.3))).toBeCloseTo(1);
  expect(numBarsMetOf(evaluated(0, 0.25, 0.2))).toBe(1);
});

it('sets no bar on what was not measured', () => {
  const unknown = { ...evaluated(0, 0), values: { swd: 0.1 } };
  expect(shortfallOf(unknown)).toBe(0);
  expect(numBarsMetOf(unknown)).toBe(1);
});
