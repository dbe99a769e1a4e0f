import { expect, it } from 'vitest';
import { AwakeClock } from './awake-clock.ts';

it('does not count the time that the process was stopped', () => {
  let now = 1_000;
  const clock = new AwakeClock(500, { now: () => now });
  now += 300;
  expect(clock.now()).toBe(300);
  now += 60_000;
  expect(clock.now()).toBe(800);
  now += 100;
  expect(clock.now()).toBe(900);
});
