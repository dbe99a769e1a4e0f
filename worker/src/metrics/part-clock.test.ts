import { expect, it } from 'vitest';
import { PartClock } from './part-clock.ts';

it('counts each instant once: as compute before transfer before data, and as wait when nothing goes on', async () => {
  let nowMs = 0;
  const clock = new PartClock(() => nowMs);
  const ends: (() => void)[] = [];
  const begin = (part: 'compute' | 'transfer' | 'data'): Promise<void> =>
    clock.during(part, () => new Promise((resolve) => ends.push(resolve)));
  nowMs = 1_000;
  const works = [begin('data')];
  nowMs = 3_000;
  works.push(begin('transfer'));
  nowMs = 6_000;
  works.push(begin('compute'));
  nowMs = 10_000;
  expect(clock.seconds()).toEqual([
    ['compute', 4],
    ['transfer', 3],
    ['data', 2],
    ['wait', 1],
  ]);
  for (const end of ends) end();
  await Promise.all(works);
  nowMs = 11_000;
  expect(Object.fromEntries(clock.seconds())).toMatchObject({ compute: 4, wait: 2 });
});

it('ends with what fails, too', async () => {
  let nowMs = 0;
  const clock = new PartClock(() => nowMs);
  await expect(clock.during('compute', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  nowMs = 1_000;
  expect(Object.fromEntries(clock.seconds())).toMatchObject({ compute: 0, wait: 1 });
});
