import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRetention } from './retention.ts';

const good = (...steps: number[]) => steps.map((step) => ({ step, isGood: true }));

describe('retention', () => {
  it('keeps the last n and every k-th', () => {
    const checkpoints = good(0, 10, 20, 30, 40, 50, 60);
    expect(decideRetention(checkpoints, { keepLast: 2, keepEverySteps: 0 })).toEqual([0, 10, 20, 30, 40]);
    expect(decideRetention(checkpoints, { keepLast: 2, keepEverySteps: 20 })).toEqual([0, 10, 30]);
  });

  it('does not count a damaged one among the last n, and clears it away', () => {
    const checkpoints = [...good(10, 20, 30), { step: 25, isGood: false }, { step: 40, isGood: false }];
    expect(decideRetention(checkpoints, { keepLast: 2, keepEverySteps: 0 })).toEqual([10, 25]);
  });

  it('never deletes the newest good one, nor more than it may', () => {
    const cases = fc.record({
      checkpoints: fc.uniqueArray(fc.record({ step: fc.nat(200), isGood: fc.boolean() }), {
        selector: ({ step }) => step,
      }),
      keepLast: fc.integer({ min: 1, max: 5 }),
      keepEverySteps: fc.nat(20),
    });
    fc.assert(
      fc.property(cases, ({ checkpoints, ...policy }) => {
        const deleted = new Set(decideRetention(checkpoints, policy));
        const goods = checkpoints
          .filter(({ isGood }) => isGood)
          .map(({ step }) => step)
          .sort((a, b) => b - a);
        for (const step of goods.slice(0, policy.keepLast)) expect(deleted.has(step)).toBe(false);
        const remaining = checkpoints.filter(({ step }) => !deleted.has(step));
        if (goods.length === 0) expect(deleted.size).toBe(0);
        expect(decideRetention(remaining, policy)).toEqual([]);
      }),
    );
  });
});
