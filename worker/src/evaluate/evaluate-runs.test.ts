import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runConfigSchema } from '@atelier/shared/config/run-config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../datasets/open-dataset.ts';
import { loadEngine } from '../engine/load-engine.ts';
import { initialParametersOf } from '../model/initial-parameters.ts';
import { loadModel } from '../presets/load-model.ts';
import { type EvaluatedRun, evaluateRuns } from './evaluate-runs.ts';

const optimizer = { kind: 'adam', learningRate: 1e-3 } as const;
const config = runConfigSchema.parse({
  iterations: 1,
  model: { preset: 'adain-32', options: { channels: 8, discriminatorChannels: 8, residualBlocks: 1 } },
  data: { content: { kind: 'mnist' }, style: { kind: 'textures', split: 'test' } },
  optimizers: { generator: optimizer, discriminator: optimizer },
});

/** A run that has learned nothing yet. */
async function untrained(seed: number): Promise<EvaluatedRun> {
  const model = await loadModel(config.model, { batchSize: 4 });
  const groups = model.groups.map(({ name, tensors }) => {
    const parameters = initialParametersOf({ groups: [{ name, tensors }] }, seed);
    const state = { version: 0, parameters, slots: {}, ema: undefined, statistics: new Float32Array(0) };
    return [name, state] as const;
  });
  const checkpoint = { step: 0, iteration: 0, digest: `seed ${seed}` };
  const snapshot = { step: 0, groups: Object.fromEntries(groups) };
  return { name: `seed-${seed}`, config, checkpoint, snapshot, trainedOn: [] };
}

let cacheFolder = '';
beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'atelier-evaluators-'));
});
afterAll(() => rm(cacheFolder, { recursive: true }));

async function evaluated(runs: readonly EvaluatedRun[]) {
  const { fingerprint } = await loadEngine(config.engine);
  const { content, style } = config.data;
  if (content === undefined || style === undefined) throw new Error('the config names both');
  const trained: string[] = [];
  const evaluation = await evaluateRuns({
    runs,
    content,
    style,
    split: 'test',
    numPairs: 20,
    seeds: [1],
    effort: { judgeSteps: 40, styleSteps: 40, numTried: 100 },
    numShown: 2,
    cacheFolder,
    fingerprint,
    onProgress: (what) => trained.push(what),
  });
  return { ...evaluation, trained: new Set(trained) };
}

describe('evaluateRuns', () => {
  it('measures runs and all baselines on the same pairs; evaluators are trained once; numbers are the same again', async () => {
    const runs = [await untrained(1), await untrained(2)];
    const first = await evaluated(runs);
    const again = await evaluated(runs);
    expect(first.trained).toContain('training the judge network');
    expect([...again.trained]).toEqual(['measuring pairs (seed 1)']);
    expect(again.report).toEqual(first.report);

    const { rows, evaluators, caveats } = first.report;
    expect(rows.map(({ name }) => name)).toEqual([
      'content only',
      'colour statistics moved',
      '50% blend',
      'MNIST-M paste',
      'style flipped (floor)',
      'seed-1',
      'seed-2',
      'all 2 runs',
    ]);
    const meanOf = (name: string, metric: 'swd' | 'layout' | 'gram' | 'diversity' | 'frechet' | 'top1Swd') =>
      rows.find((row) => row.name === name)?.values[metric]?.mean ?? Number.NaN;
    expect(meanOf('style flipped (floor)', 'swd')).toBeLessThan(meanOf('content only', 'swd') / 3);
    expect(meanOf('style flipped (floor)', 'top1Swd')).toBeGreaterThan(0.8);
    expect(meanOf('style flipped (floor)', 'frechet')).toBeLessThan(meanOf('content only', 'frechet') / 3);
    expect(meanOf('style flipped (floor)', 'diversity')).toBeCloseTo(1, 1);
    expect(meanOf('content only', 'diversity')).toBeCloseTo(0, 6);
    expect(meanOf('50% blend', 'layout')).toBeGreaterThan(0.5);
    expect(rows.at(-1)?.values.swd?.spread).toBeGreaterThan(0);
    expect(evaluators.judge?.plain).toBeGreaterThan(0.15);
    expect(caveats).toEqual([]);
    expect(first.shown.map((pair) => pair.rows.length)).toEqual([7, 7]);
  }, 120_000);

  it('says when what is measured was trained on, and refuses what makes no pictures of a style', async () => {
    const run = await untrained(1);
    const { style } = config.data;
    const { digest } = await openDataset(style ?? { kind: 'mnist', split: 'test' }, {
      size: 32,
      channels: 3,
    });
    const { report } = await evaluated([{ ...run, trainedOn: [digest] }]);
    expect(report.caveats).toEqual([
      'the runs were trained on the style pictures they are measured on (textures (test))',
    ]);
    const noise = { ...run, config: { ...config, model: { preset: 'dcgan-32', options: {} } } };
    await expect(evaluated([noise])).rejects.toMatchObject({ code: 'no-stylizer' });
  }, 60_000);
});
