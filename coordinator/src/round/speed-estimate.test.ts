import { describe, expect, it } from 'vitest';
import { medianSecondsOf, SpeedEstimate } from './speed-estimate.ts';

describe('SpeedEstimate', () => {
  it('starts at the first measurement and follows later ones by a part', () => {
    const speed = new SpeedEstimate();
    expect(speed.secondsPerVirtualWorker).toBeUndefined();
    expect(speed.virtualWorkersPerSecond).toBe(0);
    speed.measure(4, 2);
    expect(speed.secondsPerVirtualWorker).toBe(2);
    speed.measure(1, 1);
    expect(speed.secondsPerVirtualWorker).toBeCloseTo(1.7);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('passes over a time of %d s', (seconds) => {
    const speed = new SpeedEstimate();
    speed.measure(seconds, 1);
    expect(speed.secondsPerVirtualWorker).toBeUndefined();
  });

  it('learns from unfinished work only that it is slower', () => {
    const speed = new SpeedEstimate();
    speed.measure(2, 1);
    speed.measureAtLeast(1, 1);
    expect(speed.secondsPerVirtualWorker).toBe(2);
    speed.measureAtLeast(12, 1);
    expect(speed.secondsPerVirtualWorker).toBeCloseTo(5);
  });

  it('forgets slowness without work, so that a slow worker is tried again', () => {
    const speed = new SpeedEstimate();
    speed.measure(30, 1);
    for (let step = 0; step < 60; step += 1) speed.forget();
    expect(speed.secondsPerVirtualWorker).toBeLessThan(2);
  });
});

describe('medianSecondsOf', () => {
  it('is the middle of the known', () => {
    expect(medianSecondsOf([5, undefined, 1, 2])).toBe(2);
    expect(medianSecondsOf([4, 1, 2, 100])).toBe(3);
    expect(medianSecondsOf([undefined])).toBeUndefined();
  });
});
