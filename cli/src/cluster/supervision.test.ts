import { describe, expect, it } from 'vitest';
import { type ChildExit, Supervision } from './supervision.ts';

const CALM = { hasRunFailed: false, numOtherWorkers: 1 };

function died(of: Partial<ChildExit> = {}): ChildExit {
  return { role: 'worker', name: 'worker-1', code: null, signal: 'SIGKILL', at: 0, ...of };
}

describe('supervision', () => {
  it('starts a killed worker again, later each time, and gives up on one that keeps dying', () => {
    const supervision = new Supervision({ maxDeaths: 5 });
    const decisions = Array.from({ length: 6 }, (_, i) => supervision.decide(died({ at: i * 1000 }), CALM));
    const delays = decisions.map((decision) =>
      decision.type === 'restart' ? decision.afterMs : decision.type,
    );
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 'give-up']);
  });

  it('forgets deaths that are long past, and counts each child for itself', () => {
    const supervision = new Supervision({ maxDeaths: 1, windowMs: 1000 });
    expect(supervision.decide(died({ at: 0 }), CALM).type).toBe('restart');
    expect(supervision.decide(died({ at: 1, name: 'worker-2' }), CALM).type).toBe('restart');
    expect(supervision.decide(died({ at: 1001 }), CALM)).toMatchObject({ type: 'restart', afterMs: 500 });
    expect(supervision.decide(died({ at: 1002 }), CALM).type).toBe('give-up');
  });

  it('lets a drained worker go', () => {
    expect(new Supervision().decide(died({ code: 0, signal: null }), CALM).type).toBe('leave');
  });

  it('goes on without a refused worker as long as there are others', () => {
    const refused = died({ code: 3, signal: null });
    expect(new Supervision().decide(refused, CALM).type).toBe('leave');
    expect(new Supervision().decide(refused, { ...CALM, numOtherWorkers: 0 }).type).toBe('give-up');
  });

  it('starts an evaluator again, and lets the run go on without one that keeps dying or was refused', () => {
    const evaluator = { role: 'evaluator', name: 'evaluator' } as const;
    const supervision = new Supervision({ maxDeaths: 2 });
    const types = [0, 1, 2].map((at) => supervision.decide(died({ ...evaluator, at }), CALM).type);
    expect(types).toEqual(['restart', 'restart', 'leave']);
    const alone = { ...CALM, numOtherWorkers: 0 };
    expect(new Supervision().decide(died({ ...evaluator, code: 3, signal: null }), alone).type).toBe('leave');
    expect(new Supervision().decide(died({ ...evaluator, code: 0, signal: null }), alone).type).toBe('leave');
  });

  it.each([
    ['is killed', {}, CALM, 'restart'],
    ['crashes', { code: 1, signal: null }, CALM, 'restart'],
    ['ends the run', { code: 0, signal: null }, CALM, 'ended'],
    ['refuses its folder', { code: 3, signal: null }, CALM, 'give-up'],
    ['reports a failed run', { code: 1, signal: null }, { ...CALM, hasRunFailed: true }, 'give-up'],
  ])('when the coordinator %s decides %4$s', (_, exit, state, type) => {
    const coordinator = died({ role: 'coordinator', name: 'coordinator', ...exit });
    expect(new Supervision().decide(coordinator, state).type).toBe(type);
  });
});
