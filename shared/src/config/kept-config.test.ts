import { expect, it } from 'vitest';
import { changedFieldOf } from './changed-field.ts';
import { keptConfigSchema } from './kept-config.ts';
import { runConfigSchema } from './run-config.ts';

const given = {
  name: 'old',
  iterations: 1,
  virtualWorkers: 1,
  batchPerVirtualWorker: 1,
  model: { preset: 'dcgan-32' },
  data: { real: { kind: 'mnist' } },
  optimizers: { generator: { kind: 'adam', learningRate: 1 } },
};

it('takes a config that was kept before there were ops of our own as one without them', () => {
  const { engine, ...config } = runConfigSchema.parse(given);
  const { ops, ...oldEngine } = engine;
  const old = keptConfigSchema.parse({ ...config, engine: oldEngine });

  expect(ops).toBe('atelier');
  expect(old.engine.ops).toBe('tensorflow');
  expect(changedFieldOf(old, runConfigSchema.parse(given))).toBe('engine');
  expect(
    changedFieldOf(old, runConfigSchema.parse({ ...given, engine: { ops: 'tensorflow' } })),
  ).toBeUndefined();
});

it('keeps what is said', () => {
  const config = runConfigSchema.parse(given);
  expect(keptConfigSchema.parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
  expect(keptConfigSchema.safeParse('no config').success).toBe(false);
});
