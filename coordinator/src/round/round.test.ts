import { describe, expect, it } from 'vitest';
import { Round } from './round.ts';
import { RoundError } from './round-error.ts';

// What a round decides is told in test/scenarios, and that it holds under any disorder in test/simulation.
const options = {
  numVirtualWorkers: 4,
  numSteps: 3,
  leaseMs: 1_000,
  lateFactor: 3,
  lateFloorMs: 100,
  minWorkers: 1,
};

describe('Round', () => {
  it.each([
    [{ ...options, numVirtualWorkers: 3 }, 0, 'numVirtualWorkers must be a power of two, got 3'],
    [{ ...options, leaseMs: Number.NaN }, 0, 'leaseMs must be more than 0, got NaN'],
    [{ ...options, lateFactor: 0.5 }, 0, 'lateFactor must be at least 1, got 0.5'],
    [options, 4, 'start.step must be a whole number from 0 to 3, got 4'],
  ])('refuses options that make no sense', (bad, step, message) => {
    expect(() => new Round(bad, { step })).toThrow(new RoundError('bad-options', message));
  });

  it('refuses a commit that it did not decide', () => {
    const round = new Round(options, { step: 0 });
    expect(() => round.advance({ type: 'step-committed', step: 0 }, 0)).toThrow(
      /no commit of step 0 was decided/,
    );
    round.advance({ type: 'worker-joined', session: 's1', worker: 'ada' }, 0);
    expect(() => round.advance({ type: 'step-committed', step: 0 }, 0)).toThrow(RoundError);
  });

  it('refuses a session that is a member already, and a roll-back to the future', () => {
    const round = new Round(options, { step: 1 });
    round.advance({ type: 'worker-joined', session: 's1', worker: 'ada' }, 0);
    expect(() => round.advance({ type: 'worker-joined', session: 's1', worker: 'bob' }, 1)).toThrow(
      /new session/,
    );
    expect(() => round.advance({ type: 'rolled-back', step: 2 }, 1)).toThrow(
      /cannot roll back from step 1 to step 2/,
    );
    expect(round.members()).toHaveLength(1);
  });

  it('says in advance what it would answer', () => {
    const round = new Round(options, { step: 0 });
    const root = { level: 2, index: 0 };
    expect(round.precheck('s1', 0, root)).toMatchObject({ ok: false, code: 'unknown-session' });
    round.advance({ type: 'worker-joined', session: 's1', worker: 'ada' }, 0);
    expect(round.precheck('s1', 0, root)).toEqual({ ok: true });
    round.advance({ type: 'node-arrived', session: 's1', step: 0, node: root, computeSeconds: 1 }, 1);
    expect(round.precheck('s1', 0, root)).toMatchObject({ ok: false, code: 'duplicate' });
  });
});
