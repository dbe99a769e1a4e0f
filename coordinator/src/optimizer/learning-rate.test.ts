import { type OptimizerConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { describe, expect, it } from 'vitest';
import { createOptimizer } from './create-optimizer.ts';
import { learningRateAt } from './learning-rate.ts';

const RATE = 0.3;

function configOf(schedule?: object): OptimizerConfig {
  const optimizers = { generator: { kind: 'sgd', learningRate: RATE, ...(schedule ? { schedule } : {}) } };
  const config = runConfigSchema.parse({ iterations: 1, model: { preset: 'small' }, optimizers });
  const { generator } = config.optimizers;
  if (generator === undefined) throw new Error('the config has one optimizer');
  return generator;
}

function sharesOf(schedule: object, iterations: readonly number[]): number[] {
  return iterations.map((iteration) => learningRateAt(configOf(schedule), iteration) / RATE);
}

describe('learningRateAt', () => {
  it('is exactly the config’s without a schedule', () => {
    expect([0, 1, 1e6].map((iteration) => learningRateAt(configOf(), iteration))).toEqual([RATE, RATE, RATE]);
  });

  it('rises in equal parts and stays', () => {
    const shares = sharesOf({ kind: 'constant', warmUp: 4 }, [0, 1, 2, 3, 4, 900]);
    for (const [i, share] of [0.25, 0.5, 0.75, 1, 1, 1].entries()) expect(shares[i]).toBeCloseTo(share, 12);
  });

  it('falls in a line from one iteration to the other, down to the floor', () => {
    const shares = sharesOf({ kind: 'linear', from: 10, until: 20, floor: 0.2 }, [0, 10, 15, 20, 99]);
    for (const [i, share] of [1, 1, 0.6, 0.2, 0.2].entries()) expect(shares[i]).toBeCloseTo(share, 12);
  });

  it('falls along a cosine, which the series gives to the last digits', () => {
    const iterations = Array.from({ length: 41 }, (_, i) => i);
    const shares = sharesOf({ kind: 'cosine', until: 40, floor: 0.1, warmUp: 1 }, iterations);
    for (const [i, share] of shares.entries()) {
      expect(share).toBeCloseTo(0.1 + 0.45 * (1 + Math.cos((Math.PI * i) / 40)), 14);
    }
  });

  it('refuses a decay that ends before it begins', () => {
    expect(() => configOf({ kind: 'linear', from: 5, until: 5 })).toThrow(/an iteration after `from`/);
  });
});

it('an update takes the rate of its iteration, and several of one iteration the same', () => {
  const kernels = Kernels.load();
  const optimizer = createOptimizer(configOf({ kind: 'linear', until: 2 }), 2);
  const [parameters, gradient] = [kernels.memory.allocate(1), kernels.memory.allocate(1)];
  parameters.floats.set([0]);
  gradient.floats.set([-1]);
  const steps = [1, 2, 3, 4, 5].map((update) => {
    const before = parameters.floats[0] ?? Number.NaN;
    optimizer.apply(kernels, { update, parameters, gradient, slots: {} }, []);
    return (parameters.floats[0] ?? Number.NaN) - before;
  });
  for (const [i, step] of [RATE, RATE, RATE / 2, RATE / 2, 0].entries()) {
    expect(steps[i]).toBeCloseTo(step, 6);
  }
});
