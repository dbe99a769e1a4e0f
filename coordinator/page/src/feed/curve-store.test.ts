import type { CurvePoint } from '@atelier/coordinator/http/curves/curve';
import type { CurvePoints } from '@atelier/coordinator/http/curves/run-curves';
import { describe, expect, it } from 'vitest';
import { CurveStore } from './curve-store.ts';

function told(losses: Record<string, CurvePoint[]>, changes: Partial<CurvePoints> = {}): CurvePoints {
  const points = Object.values(losses)[0] ?? [];
  return {
    ...{ cursor: 'c', isWhole: true, firstPoint: 0, numPoints: points.length, iterationsPerPoint: 1 },
    ...{ losses, gradientNorms: {}, imagesPerSecond: points },
    ...changes,
  };
}

describe('the curves that a page keeps', () => {
  it('grow by what is told, over the last point that was not whole', () => {
    const store = new CurveStore();
    store.take(told({ a: [1, 2, null] }));
    store.take(told({ a: [3, 4], b: [null, 9] }, { isWhole: false, firstPoint: 2, cursor: 'd' }));
    expect(store.cursor).toBe('d');
    expect(store.losses.iterations).toEqual([0, 1, 2, 3]);
    expect(Object.fromEntries(store.losses.byName)).toEqual({ a: [1, 2, 3, 4], b: [null, null, null, 9] });
    expect(store.imagesPerSecond.byName.get('images/s')).toEqual([1, 2, 3, 4]);
  });

  it('are replaced by what is told whole, and stand in the middle of the iterations of their points', () => {
    const store = new CurveStore();
    store.take(told({ a: [1, 2, 3] }));
    store.take(told({ a: [1.5, 3.5] }, { iterationsPerPoint: 2 }));
    expect(store.losses.iterations).toEqual([0.5, 2.5]);
    expect(store.losses.byName.get('a')).toEqual([1.5, 3.5]);
  });
});
