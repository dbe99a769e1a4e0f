import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Goodput, type GoodputSeconds, goodputStates } from './goodput.ts';
import type { LeaseChange } from './leases.ts';

/** The parts that are not 0. */
function secondsOf(goodput: Goodput, nowMs: number): Partial<GoodputSeconds> {
  return Object.fromEntries(Object.entries(goodput.secondsAt(nowMs)).filter(([, seconds]) => seconds !== 0));
}

const came = (session: string): LeaseChange => ({ type: 'came', session });
const left = (session: string, numDropped = 0): LeaseChange => ({ type: 'left', session, numDropped });
const granted = (session: string, numHeld = 1, step = 0): LeaseChange => {
  return { type: 'granted', session, step, numHeld };
};
const dropped = (session: string, numHeld = 0): LeaseChange => ({ type: 'dropped', session, numHeld });
const fulfilled = (session: string, computeSeconds: number, numHeld = 0): LeaseChange => {
  return { type: 'fulfilled', session, numHeld, grantedMs: 0, computeSeconds };
};

describe('goodput', () => {
  it('shares each instant among the workers that are in, and splits a used block into compute and transfer', () => {
    const goodput = new Goodput(0);
    goodput.apply(came('a'), 1_000);
    goodput.apply(granted('a'), 2_000);
    goodput.apply(came('b'), 4_000);
    expect(secondsOf(goodput, 6_000)).toEqual({ idle: 1, wait: 2, unsettled: 3 });
    goodput.apply(fulfilled('a', 2), 6_000);
    expect(secondsOf(goodput, 6_000)).toEqual({ idle: 1, wait: 2, compute: 1.5, transfer: 1.5 });
  });

  it('takes the blocks of one assignment together: one is pushed while the next is computed', () => {
    const goodput = new Goodput(0);
    goodput.apply(came('a'), 0);
    goodput.apply(granted('a', 1), 0);
    goodput.apply(granted('a', 2), 0);
    goodput.apply(fulfilled('a', 1, 1), 2_000);
    goodput.apply(fulfilled('a', 2, 0), 3_000);
    expect(secondsOf(goodput, 3_000)).toEqual({ compute: 3 });
  });

  it.each([
    ['lost', left('a', 1)],
    ['taken back', dropped('a')],
  ])('counts a block that is %s as recompute, but not those that were used before it', (_, end) => {
    const goodput = new Goodput(0);
    goodput.apply(came('a'), 0);
    goodput.apply(granted('a', 1), 0);
    goodput.apply(granted('a', 2), 0);
    goodput.apply(fulfilled('a', 1, 1), 1_000);
    goodput.apply(end, 3_000);
    expect(secondsOf(goodput, 3_000)).toEqual({ compute: 1, recompute: 2 });
  });

  it('counts steps that were committed before as recompute', () => {
    const goodput = new Goodput(0, 7);
    goodput.apply(came('a'), 0);
    goodput.apply(granted('a', 1, 6), 0);
    goodput.apply(fulfilled('a', 1), 1_000);
    goodput.apply(granted('a', 1, 7), 1_000);
    goodput.apply(fulfilled('a', 1), 2_000);
    expect(secondsOf(goodput, 2_000)).toEqual({ recompute: 1, compute: 1 });
    goodput.committed(7);
    goodput.apply(granted('a', 1, 7), 2_000);
    goodput.apply(fulfilled('a', 1), 3_000);
    expect(secondsOf(goodput, 3_000)).toEqual({ recompute: 2, compute: 1 });
  });

  it('gives the time of a snapshot to the checkpoint, and a pause to nobody', () => {
    const goodput = new Goodput(0);
    goodput.apply(came('a'), 0);
    goodput.checkpointed(1_000, 1_500);
    goodput.pause(2_000);
    goodput.resume(3_000);
    expect(secondsOf(goodput, 3_000)).toEqual({ wait: 1.5, checkpoint: 0.5, idle: 1 });
  });

  it('adds up to all of the wall time, and never falls, whatever happens', () => {
    const happening = fc.record({
      afterMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
      session: fc.integer({ min: 0, max: 4 }),
      kind: fc.constantFrom('come', 'leave', 'grant', 'fulfil', 'drop', 'pause', 'resume', 'copy', 'commit'),
      computeSeconds: fc.double(),
      step: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 200 }), fc.nat(5), (happenings, numBefore) => {
        const goodput = new Goodput(0, numBefore);
        const numHeld = new Map<string, number>();
        let nowMs = 0;
        let before = goodput.secondsAt(0);
        for (const { afterMs, kind, computeSeconds, step, ...which } of happenings) {
          nowMs += afterMs;
          const session = String(which.session);
          const held = numHeld.get(session);
          if (kind === 'pause') goodput.pause(nowMs);
          else if (kind === 'resume') goodput.resume(nowMs);
          else if (kind === 'commit') goodput.committed(step);
          else if (kind === 'copy') {
            goodput.checkpointed(nowMs, nowMs + 10);
            nowMs += 10;
          } else if (held === undefined) {
            if (kind !== 'come') continue;
            goodput.apply(came(session), nowMs);
            numHeld.set(session, 0);
          } else if (kind === 'leave') {
            goodput.apply(left(session, held), nowMs);
            numHeld.delete(session);
          } else if (kind === 'grant') {
            goodput.apply(granted(session, held + 1, step), nowMs);
            numHeld.set(session, held + 1);
          } else if (held > 0 && kind !== 'come') {
            const end =
              kind === 'fulfil' ? fulfilled(session, computeSeconds, held - 1) : dropped(session, held - 1);
            goodput.apply(end, nowMs);
            numHeld.set(session, held - 1);
          }
          const now = goodput.secondsAt(nowMs);
          const sum = Object.values(now).reduce((total, seconds) => total + seconds, 0);
          expect(Math.abs(sum - nowMs / 1000)).toBeLessThan(1e-6);
          for (const state of goodputStates) expect(now[state]).toBeGreaterThanOrEqual(before[state]);
          before = now;
        }
      }),
    );
  });
});
