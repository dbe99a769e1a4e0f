import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import { writeCheckpoint } from '@atelier/shared/checkpoint/checkpoint-writer';
import { smallCheckpointMeta } from '@atelier/shared/checkpoint/testing/small-checkpoint';
import type { Bar, Evaluation } from '@atelier/shared/evaluation/evaluation';
import { LocalStore } from '@atelier/shared/store/local-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRun } from '../operator/find-coordinator.ts';
import { readCurve } from './curve-file.ts';
import { type EvaluationReporter, followRun } from './follow-run.ts';

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
const BARS = [{ metric: 'judge', wanted: 'at least', limit: 0.5 }] satisfies Bar[];

/** What a coordinator would hear; it cannot be reached until it is there. */
class Hearer implements EvaluationReporter {
  readonly heard: number[] = [];
  isThere = true;
  readonly #known: readonly Evaluation[];

  constructor(known: readonly Evaluation[] = []) {
    this.#known = known;
  }

  async known(): Promise<readonly Evaluation[]> {
    return this.#known;
  }

  async deliver(all: readonly Evaluation[]): Promise<void> {
    if (!this.isThere) return;
    for (const { step } of all) if (step > (this.heard.at(-1) ?? -1)) this.heard.push(step);
  }

  async deliverLast(all: readonly Evaluation[]): Promise<void> {
    this.isThere = true;
    await this.deliver(all);
  }
}

interface Followed {
  readonly everyIterations?: number;
  readonly reporter?: EvaluationReporter;
}

/** Follows a run that saves a checkpoint whenever there is nothing new, until `numSteps`; `judged` by step. */
function follow(judged: readonly number[], from: number, { everyIterations = 0, reporter }: Followed = {}) {
  const store = new LocalStore(folder);
  const curvePath = join(folder, 'evaluation', 'curve.jsonl');
  const measured: number[] = [];
  let next = from;
  const done = followRun(
    { curvePath, everyIterations, numIterations: NUM_STEPS },
    {
      store,
      reporter,
      measure: async ({ manifest: { step } }) => {
        measured.push(step);
        return { values: { judge: judged[step] ?? 0 }, bars: BARS };
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

  it('keeps the best although the run has deleted its own while it was measured', async () => {
    const store = new LocalStore(folder);
    await save(NUM_STEPS);
    const [key = ''] = await store.list('checkpoints/');
    await followRun(
      { curvePath: join(folder, 'curve.jsonl'), everyIterations: 0, numIterations: NUM_STEPS },
      {
        store,
        measure: async () => {
          await rm(join(folder, dirname(key)), { recursive: true });
          return { values: { judge: 1 }, bars: BARS };
        },
        onMeasured: () => undefined,
        wait: () => Promise.reject(new Error('there is nothing to wait for')),
      },
    );
    expect(await bestStep()).toBe(NUM_STEPS);
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
    const over = follow([], NUM_STEPS + 1);
    await over.done;
    expect(over.measured).toEqual([]);
  });

  it('measures those of every so many iterations, and the last', async () => {
    const { done, measured } = follow([], 1, { everyIterations: 2 });
    await done;
    expect(measured).toEqual([2, 4, 5]);
  });

  it('tells each one in its order, what was not heard when it was measured later', async () => {
    const reporter = new Hearer();
    reporter.isThere = false;
    await follow([], 1, { reporter }).done;
    expect(reporter.heard).toEqual([1, 2, 3, 4, 5]);
  });

  it('goes on from what is known elsewhere where its own file is gone', async () => {
    const known = { step: 3, iteration: 3, digest: '0'.repeat(64), values: { judge: 0.4 }, bars: BARS };
    for (const step of [1, 2, 3]) await save(step);
    const { done, measured } = follow([0, 0, 0, 0, 0.3, 0.1], 4, { reporter: new Hearer([known]) });
    await done;
    expect(measured).toEqual([4, 5]);
    // The best one is elsewhere, too.
    expect(await bestStep().catch(() => undefined)).toBeUndefined();
  });
});
