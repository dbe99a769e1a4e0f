import { readdirSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '@atelier/shared/config/load-config';
import { keyOf, normal, uniform } from '@atelier/shared/random/keyed-random';
import { describe, expect, it } from 'vitest';
import { named } from '../model/named.ts';
import { loadModel } from '../presets/load-model.ts';
import { PhaseRunner } from './phase-runner.ts';
import { rehearsalOf, rehearsalParametersOf } from './rehearsal.ts';

const folder = path.resolve(import.meta.dirname, '../../../examples');
const examples = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

describe('the example configs', () => {
  it.each(examples)('%s has a model, data for each domain and an optimizer for each group', async (file) => {
    const config = await loadConfig(path.join(folder, file));
    const model = await loadModel(config.model, { batchSize: config.batchPerVirtualWorker });
    const groups = model.groups.map(({ name }) => name);
    expect(Object.keys(config.optimizers).sort()).toEqual([...groups].sort());
    expect(groups).toEqual(expect.arrayContaining(Object.keys(config.ema)));
    expect(Object.keys(config.data).sort()).toEqual(Object.keys(model.domains).sort());
  });
});

describe('the model of examples/models/my-gan.ts', () => {
  it('trains: the discriminator learns to tell the real images from the fake', async () => {
    const batchSize = 8;
    const model = await loadModel(
      { module: path.join(folder, 'models/my-gan.ts'), options: { width: 4 } },
      { batchSize },
    );
    const warn = (message: string) => expect.fail(message);
    const runner = new PhaseRunner(model, { batchSize, compile: true, warn });
    const parameters = rehearsalParametersOf(model);
    const losses: Record<string, number[]> = { discriminator: [], generator: [] };
    for (let iteration = 0; iteration < 40; iteration += 1) {
      for (const [phaseIndex, phase] of model.phases.entries()) {
        for (const [group, flat] of Object.entries(parameters)) runner.setParameters(group, flat);
        const real = uniform(keyOf('real', iteration), batchSize * 16 * 16).map((value) =>
          value > 0.9 ? 1 : -1,
        );
        const { noise } = rehearsalOf(model, phase, batchSize);
        const z = normal(keyOf('z', iteration, phaseIndex), named(noise, 'z').length);
        const leaf = runner.run({ phaseIndex, iteration, batch: { real }, noise: { z } });
        const own = named(parameters, phase.group);
        for (const [i, value] of own.entries()) own[i] = value - 0.05 * (leaf[i] ?? Number.NaN);
        losses[phase.name]?.push(leaf[own.length] ?? Number.NaN);
      }
    }
    const { discriminator = [], generator = [] } = losses;
    // 2 log 2 is the loss of a discriminator that cannot tell.
    const last = discriminator.slice(-10);
    expect(last.reduce((sum, loss) => sum + loss, 0) / last.length).toBeLessThan(0.95 * 2 * Math.LN2);
    expect([...discriminator, ...generator].every(Number.isFinite)).toBe(true);
  });
});
