import { describe, expect, it } from 'vitest';
import { createPlainView } from './progress-view.ts';

const status = (iteration: number, state = 'running') => ({
  state,
  iteration,
  numIterations: 100,
  step: iteration,
  imagesPerSecond: 0,
  secondsLeft: 0,
  losses: [],
  workers: [],
  latestSample: '',
  message: '',
});

describe('progress without a terminal', () => {
  it('writes a line every few seconds, and at once when the state changes', () => {
    let now = 0;
    const lines: string[] = [];
    const view = createPlainView(
      (line) => lines.push(line),
      () => now,
    );
    view.status(status(1));
    view.status(status(2));
    view.status(status(3, 'paused'));
    now = 5000;
    view.status(status(4, 'paused'));
    expect(lines.map((line) => line.split('/')[0])).toEqual(['iteration 1', 'iteration 3', 'iteration 4']);
  });
});
