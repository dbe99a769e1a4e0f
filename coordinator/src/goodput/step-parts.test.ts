import { expect, it } from 'vitest';
import { StepTimer } from './step-parts.ts';

const deliver = (
  session: string,
  grantedMs: number,
  computeSeconds: number,
): Parameters<StepTimer['apply']>[0] => {
  return { type: 'fulfilled', session, numHeld: 0, grantedMs, computeSeconds };
};

it('goes along the node that came last: until it was given out, what its worker computed since, the rest', () => {
  const timer = new StepTimer(1_000);
  timer.apply(deliver('quick', 1_500, 0.5), 2_000);
  timer.worked('reduce', 0.125);
  // Two blocks of one assignment, the second after the first: a copy of what a lost worker had.
  timer.apply(deliver('last', 3_000, 1), 4_500);
  timer.apply(deliver('last', 3_000, 2), 6_500);
  timer.worked('optimize', 0.25);
  expect(timer.finish(7_000)).toEqual({ wait: 2, compute: 3, transfer: 0.5, reduce: 0.125, optimize: 0.25 });
  timer.apply(deliver('quick', 7_000, 0.5), 8_000);
  expect(timer.finish(8_000)).toEqual({ wait: 0, compute: 0.5, transfer: 0.5, reduce: 0, optimize: 0 });
});

it('believes no worker that says it computed for longer than it had, or for no time at all', () => {
  const timer = new StepTimer(0);
  timer.apply(deliver('boaster', 0, 1e9), 1_000);
  expect(timer.finish(1_000)).toMatchObject({ compute: 1, transfer: 0 });
  timer.apply(deliver('liar', 1_000, Number.NaN), 2_000);
  expect(timer.finish(2_000)).toMatchObject({ compute: 0, transfer: 1 });
});
