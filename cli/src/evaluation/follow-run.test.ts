import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import { writeCheckpoint } from '@atelier/shared/checkpoint/checkpoint-writer';
import { LocalStore } from '@atelier/shared/checkpoint/local-store';
import { smallCheckpointMeta } from '@atelier/shared/checkpoint/testing/small-checkpoint';
import type { Bar } from '@atelier/worker/evaluate/report';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRun } from '../operator/find-coordinator.ts';
import { readCurve } from './curve-file.ts';
import { followRun, shortfallOf } from './follow-run.ts';

const NUM_STEPS = 5;
const META = smallCheckpointMeta({ iterations: NUM_STEPS }, 2);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'follow-'));
});
afterEach(() => rm(folder, { recursive: true }));

const save = (step: number) => {
  const state = { version: step, parameters: Float32Array.of(step, 1), slots: {}, ema: undefined };
  const groups = { generator: { ...state, statistics: new Float32Array() } };
  return writeCheckpoint(new LocalStore(folder), { step, groups }, META);
};
const judgeBar = (value: number): Bar => ({
  metric: 'judge',
  wanted: 'at least',
  limit: 0.5,
  value,
  isMet: value >= 0.5,
});

/** Follows a run that saves a checkpoint whenever there is nothing new, until `numSteps`; `judged` by step. */
function follow(judged: readonly number[], from: number) {
  const store = new LocalStore(folder);
  const curvePath = join(folder, 'evaluation', 'curve.jsonl');
  const measured: number[] = [];
  let next = from;
  const done = followRun(
    { store, curvePath },
    {
      measure: async ({ manifest: { step } }) => {
        measured.push(step);
        const judge = judged[step] ?? 0;
        return { values: { judge }, bars: [judgeBar(judge)] };
      },
      onMeasured: () => undefined,
      wait: async () => {
        if (next > NUM_STEPS) throw new Error('the follower waits for a run that is over');
        await save(next);
        next += 1;
      },
    },
  );
  return { done, measured, curvePath };
}

async function bestStep(): Promise<number | undefined> {
  const best = await findRun(join(folder, 'best'));
  return (await loadNewestGood(new LocalStore(best))).checkpoint?.manifest.step;
}

describe('following a run', () => {
  it('measures each checkpoint as it appears, ends with the last, and keeps the best as a run of its own', async () => {
    const { done, measured, curvePath } = follow([0, 0.1, 0.3, 0.45, 0.2, 0.4], 1);
    await done;
    expect(measured).toEqual([1, 2, 3, 4, 5]);
    expect(await bestStep()).toBe(3);
    const curve = await readCurve(curvePath);
    expect(curve.map(({ isBest }) => isBest)).toEqual([true, true, true, false, false]);
    expect(curve[2]).toMatchObject({ step: 3, iteration: 3, values: { judge: 0.45 }, barsMet: 0 });
  });

  it('leaves the checkpoints of the run as they are', async () => {
    await follow([0, 0.1, 0.6, 0.7, 0.7, 0.1], 1).done;
    const names = (await readdir(join(folder, 'checkpoints'))).sort();
    expect(names).toHaveLength(NUM_STEPS);
    const manifest = JSON.parse(
      await readFile(join(folder, 'checkpoints', names[4] ?? '', 'manifest.json'), 'utf8'),
    );
    expect(manifest.config.iterations).toBe(NUM_STEPS);
    // Both met all bars: the first that did stays.
    expect(await bestStep()).toBe(2);
  });

  it('goes on where it was, passing over what it missed, and remembers what was best', async () => {
    await save(1);
    const first = follow([0, 0.4], NUM_STEPS + 1);
    await expect(first.done).rejects.toThrow('waits for a run that is over');
    await save(2);
    await save(3);
    const again = follow([0, 0, 0, 0.3, 0.35, 0.39], 4);
    await again.done;
    expect(again.measured).toEqual([3, 4, 5]);
    expect(await bestStep()).toBe(1);
    expect((await readCurve(again.curvePath)).map(({ step }) => step)).toEqual([1, 3, 4, 5]);
  });
});

it('weighs each miss in proportion to its bar, and what is met not at all', () => {
  expect(shortfallOf([judgeBar(0.25), judgeBar(0.9)])).toBe(0.5);
  expect(shortfallOf([judgeBar(0.5)])).toBe(0);
});
