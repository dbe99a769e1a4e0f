import type { CommittedEntry, RestartedEntry } from '@atelier/shared/journal/journal-entry';
import { describe, expect, it } from 'vitest';
import { RunCurves } from './run-curves.ts';

/** Of a run whose iterations are a critic's and a generator's step; the loss is the iteration's number. */
function committed(step: number): CommittedEntry {
  const iteration = Math.floor(step / 2);
  const phase = step % 2 === 0 ? 'critic' : 'generator';
  return {
    ...{ kind: 'committed', time: '', step, iteration, phase, group: phase, examples: {}, nodes: {} },
    losses: { loss: iteration },
    gradientNorm: 2 * iteration,
    seconds: 0.5,
  };
}

function restarted(fromStep: number): RestartedEntry {
  return { kind: 'restarted', time: '', incarnation: 'x', fromStep, reason: 'resume' };
}

function curvesOf(numSteps: number): RunCurves {
  const curves = new RunCurves({ imagesPerStep: 16 });
  for (let step = 0; step < numSteps; step += 1) curves.add(committed(step));
  return curves;
}

describe('the curves of a run', () => {
  it('have a point an iteration while it is short', () => {
    expect(curvesOf(6).since(undefined)).toMatchObject({
      isWhole: true,
      firstPoint: 0,
      iterationsPerPoint: 1,
      losses: { 'critic/loss': [0, 1, 2], 'generator/loss': [0, 1, 2] },
      gradientNorms: { critic: [0, 2, 4], generator: [0, 2, 4] },
      imagesPerSecond: [32, 32, 32],
    });
  });

  it('have means over more iterations, never more than a thousand, when it is long', () => {
    const { iterationsPerPoint, numPoints, losses, imagesPerSecond } = curvesOf(2 * 3_001).since(undefined);
    expect({ iterationsPerPoint, numPoints }).toEqual({ iterationsPerPoint: 4, numPoints: 751 });
    expect(losses['critic/loss']?.slice(0, 3)).toEqual([1.5, 5.5, 9.5]);
    expect(losses['critic/loss']?.at(-1)).toBe(3_000);
    expect(imagesPerSecond.every((rate) => rate === 32)).toBe(true);
  });

  it('are told on from where the asker was, with the last point that was not yet whole', () => {
    const curves = curvesOf(5);
    const { cursor } = curves.since(undefined);
    curves.add(committed(5));
    curves.add(committed(6));
    const more = curves.since(cursor);
    expect(more).toMatchObject({ isWhole: false, firstPoint: 2, numPoints: 2 });
    expect(more.losses).toEqual({ 'critic/loss': [2, 3], 'generator/loss': [2, null] });
  });

  it('are told whole to one whose points have been merged since', () => {
    const curves = curvesOf(2 * 1_000);
    const { cursor } = curves.since(undefined);
    curves.add(committed(2_000));
    expect(curves.since(cursor)).toMatchObject({ isWhole: true, numPoints: 501, iterationsPerPoint: 2 });
  });

  it('forget what is computed again, and say so', () => {
    const curves = curvesOf(8);
    const { cursor } = curves.since(undefined);
    curves.add(restarted(4));
    const before = curves.since(cursor);
    expect(before).toMatchObject({ isWhole: true, losses: { 'critic/loss': [0, 1] } });
    curves.add({ ...committed(4), losses: { loss: 7 } });
    expect(curves.since(before.cursor).losses['critic/loss']).toEqual([1, 7]);
  });

  it('keep everything when the run goes on where it was', () => {
    const curves = curvesOf(5);
    const { cursor } = curves.since(undefined);
    curves.add(restarted(5));
    curves.add(committed(5));
    const { isWhole, losses } = curves.since(cursor);
    expect(isWhole).toBe(false);
    expect(losses).toEqual({ 'critic/loss': [2], 'generator/loss': [2] });
  });
});
