import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import { afterEach, describe, expect, it } from 'vitest';
import type { Model } from '../model/define-model.ts';
import { loadModel } from './load-model.ts';

const context = { batchSize: 4 };
const numParametersOf = (model: Model) =>
  model.groups.reduce((sum, { tensors }) => sum + flatLayoutOf(tensors).size, 0);
const load = (preset: string, options = {}) => loadModel({ preset, options }, context);

describe('loadModel', () => {
  it('knows the presets, with the parameters that their definitions give', async () => {
    expect(numParametersOf(await load('dcgan-32'))).toBe(1_731_456);
    expect(numParametersOf(await load('article-full'))).toBe(42_304_901);
    expect(numParametersOf(await load('article'))).toBe(2_557_957);
  });

  it('lists the presets when one is unknown', async () => {
    await expect(load('dcgan-33')).rejects.toThrow(
      "there is no preset 'dcgan-33': choose one of adain-32, adain-64, dcgan-32, article, article-full",
    );
  });

  it('names the option that is wrong', async () => {
    await expect(load('dcgan-32', { width: -1, depth: 3 })).rejects.toThrow(/dcgan-32.*depth.*width/s);
    await expect(load('article', { objective: 'wgan-gp' })).rejects.toThrow(/discriminatorNorm to false/);
  });

  it('repeats the discriminator phase nCritic times', async () => {
    const { phases } = await load('article');
    expect(phases.map(({ name }) => name)).toEqual([...Array(5).fill('discriminator'), 'generator']);
  });
});

describe('a model module', () => {
  let folder: string | undefined;
  afterEach(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
  });
  async function loadText(text: string): Promise<Model> {
    folder = await mkdtemp(path.join(tmpdir(), 'atelier-model-'));
    const file = path.join(folder, 'mine.ts');
    await writeFile(file, text);
    return loadModel({ module: file, options: {} }, context);
  }
  const moduleOf = (phase: string) => `
    import { defineModel } from '@atelier/worker/model/define-model';
    import { dense } from '@atelier/worker/layers/dense';
    import * as tf from '@tensorflow/tfjs-node-gpu';
    import { z } from 'zod';
    export default defineModel({
      name: 'mine',
      options: z.strictObject({ size: z.number().default(8) }),
      create({ size }: { size: number }, { batchSize }) {
        return {
          name: 'mine',
          domains: { real: { size, channels: 1 } },
          groups: [{ name: 'g', tensors: dense({ name: 'd', in: batchSize, out: 1 }).tensors }],
          phases: [{ name: 'p', group: 'g', uses: [], reads: ['real'], losses: ['l'], noiseOf: () => ({}),
            run: () => ({ losses: {} }), ${phase} }],
          generate: { kind: 'noise', noiseSize: 1, uses: ['g'], run: () => tf.zeros([1, 1, 1, 1]) },
        };
      },
    });`;

  it('is loaded from TypeScript, wherever it lies', async () => {
    const model = await loadText(moduleOf(''));
    expect(model.domains).toEqual({ real: { size: 8, channels: 1 } });
    expect(numParametersOf(model)).toBe(5);
  });

  it.each([
    ["group: 'h'", /phase 'p' uses group 'h', which is not defined/],
    ["reads: ['fake', 'real']", /phase 'p' reads domain 'fake', which is not defined/],
    ['reads: []', /no phase reads domain 'real'/],
    ['losses: []', /phase 'p' has no loss/],
    [
      "noiseOf: () => ({ z: { shape: [0], distribution: 'normal' } })",
      /noise 'z' of phase 'p' has shape \[0\]/,
    ],
  ])('is refused by name: %s', async (phase, message) => {
    await expect(loadText(moduleOf(phase))).rejects.toThrow(message);
  });

  it('says what a module must export', async () => {
    await expect(loadText('export default { name: "x" };')).rejects.toThrow(
      /must export default defineModel.*create/s,
    );
    await expect(loadText('import "nowhere";')).rejects.toThrow(/mine.ts: .*nowhere/);
  });
});
