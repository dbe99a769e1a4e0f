import { expect, it } from 'vitest';
import { Round } from '../round/round.ts';
import type { RoundEvent } from '../round/round-types.ts';
import { type LeaseChange, Leases } from './leases.ts';

const OPTIONS = {
  ...{ numVirtualWorkers: 2, numSteps: 3, leaseMs: 1_000, minWorkers: 2 },
  ...{ lateFactor: 2, lateFloorMs: 100 },
};

/** A round and what is seen of it from outside. */
function followedRound(): (event: RoundEvent, nowMs: number) => LeaseChange[] {
  const round = new Round(OPTIONS, { step: 0 });
  const leases = new Leases();
  return (event, nowMs) => leases.follow(event, round.advance(event, nowMs), nowMs);
}

const join = (session: string): RoundEvent => ({ type: 'worker-joined', session, worker: session });
const arrive = (session: string, index: number, step = 0): RoundEvent => {
  return { type: 'node-arrived', session, step, node: { level: 0, index }, computeSeconds: 0.5 };
};

it('sees blocks given, done, given again when a worker is lost, and taken back when another was first', () => {
  const advance = followedRound();
  expect(advance(join('a'), 0)).toEqual([{ type: 'came', session: 'a' }]);
  expect(advance(join('b'), 10)).toEqual([
    { type: 'came', session: 'b' },
    { type: 'granted', session: 'a', step: 0, numHeld: 1 },
    { type: 'granted', session: 'b', step: 0, numHeld: 1 },
  ]);
  expect(advance(arrive('a', 0), 20)).toEqual([
    { type: 'fulfilled', session: 'a', numHeld: 0, grantedMs: 10, computeSeconds: 0.5 },
  ]);
  // b is late: a has a copy of its block, and is first.
  expect(advance({ type: 'worker-heard', session: 'b' }, 900)).toEqual([]);
  expect(advance({ type: 'tick' }, 1_020)).toEqual([{ type: 'granted', session: 'a', step: 0, numHeld: 1 }]);
  expect(advance(arrive('a', 1), 1_030)).toEqual([
    { type: 'fulfilled', session: 'a', numHeld: 0, grantedMs: 1_020, computeSeconds: 0.5 },
    { type: 'dropped', session: 'b', numHeld: 0 },
  ]);
  // b is known as slow: all of the next step is a's, in one block.
  expect(advance({ type: 'step-committed', step: 0 }, 1_031)).toEqual([
    { type: 'granted', session: 'a', step: 1, numHeld: 1 },
  ]);
  expect(advance({ type: 'worker-left', session: 'a', reason: 'killed' }, 1_040)).toEqual([
    { type: 'left', session: 'a', numDropped: 1 },
    { type: 'granted', session: 'b', step: 1, numHeld: 1 },
  ]);
});
