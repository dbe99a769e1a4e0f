import { describe, expect, it } from 'vitest';
import { inWords } from './duration.ts';
import { bar, liveLines, type ProgressStatus, plainLine } from './progress-line.ts';

const STATUS: ProgressStatus = {
  state: 'running',
  iteration: 340,
  numIterations: 1000,
  step: 680,
  imagesPerSecond: 312.4,
  secondsLeft: 192,
  losses: [
    { name: 'discriminator/r1', value: 1.23456 },
    { name: 'generator/generator', value: 0.5 },
  ],
  workers: [{ state: 'active' }, { state: 'active' }, { state: 'joining' }],
  latestSample: 'samples/iteration-000300.png',
  message: '',
};

describe('progress', () => {
  it('is one line where there is no terminal', () => {
    expect(plainLine(STATUS)).toBe(
      'iteration 340/1000  step 680  312 images/s  discriminator/r1 1.235  generator 0.500  2 workers  3 min 12 s left',
    );
  });

  it('is a bar with the losses and the newest sample below it on a terminal', () => {
    expect(liveLines(STATUS)).toEqual([
      '▕██████▊             ▏ 34%  iteration 340/1000  step 680  312 images/s  2 workers  3 min 12 s left',
      'newest: samples/iteration-000300.png   discriminator/r1 1.235  generator 0.500',
    ]);
  });

  it('says why it waits, and leaves out what is not known', () => {
    const waiting = {
      ...STATUS,
      state: 'waiting',
      message: 'for the first worker',
      imagesPerSecond: 0,
      secondsLeft: 0,
      losses: [],
      workers: [],
    };
    expect(plainLine(waiting)).toBe('iteration 340/1000  step 680  waiting: for the first worker  0 workers');
  });

  it('shows the first losses of many', () => {
    const losses = Array.from({ length: 6 }, (_, i) => ({ name: `l${i}`, value: i }));
    expect(plainLine({ ...STATUS, losses })).toContain('l3 3.000  +2  2 workers');
  });

  it.each([
    [-1, '▕                    ▏'],
    [0, '▕                    ▏'],
    [1, '▕████████████████████▏'],
    [2, '▕████████████████████▏'],
  ])('keeps the bar at %d within its frame', (fraction, expected) => {
    expect(bar(fraction)).toBe(expected);
  });

  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [3599, '59 min 59 s'],
    [3725, '1 h 02 min'],
  ])('says %d seconds as %s', (seconds, words) => {
    expect(inWords(seconds)).toBe(words);
  });
});
