import { expect, it } from 'vitest';
import { timeOf } from './clock.ts';
import { systemClock } from './system-clock.ts';

it('calls back once after a timeout, again and again in an interval, and not when it was cancelled', async () => {
  let numCancelled = 0;
  systemClock
    .setTimeout(() => {
      numCancelled += 1;
    }, 1)
    .cancel();
  const numBeats = await new Promise<number>((resolve) => {
    let count = 0;
    const beating = systemClock.setInterval(() => {
      count += 1;
      if (count < 3) return;
      beating.cancel();
      systemClock.setTimeout(() => resolve(count), 10);
    }, 1);
  });
  expect(numBeats).toBe(3);
  expect(numCancelled).toBe(0);
});

it('sleeps no longer than the signal allows, and does not reject', async () => {
  const giveUp = new AbortController();
  const sleeping = systemClock.sleep(1_000_000, giveUp.signal);
  giveUp.abort();
  await sleeping;
  await systemClock.sleep(1_000_000, giveUp.signal);
  const awake = new AbortController();
  await systemClock.sleep(1, awake.signal);
  expect(awake.signal.aborted).toBe(false);
});

it('writes the time as ISO 8601', () => {
  expect(timeOf({ unixMs: () => 1_796_000_000_000 })).toBe('2026-11-30T00:53:20.000Z');
});
