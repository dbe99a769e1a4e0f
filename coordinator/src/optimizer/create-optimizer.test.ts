import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { normal } from '@atelier/shared/random/keyed-random';
import { describe, expect, it } from 'vitest';
import { createOptimizer } from './create-optimizer.ts';
import { powerOf } from './power.ts';

const LENGTH = 37;
const UPDATES = 50;

/** Rules that go by whole tensors have tests of their own. */
type ElementwiseConfig = Exclude<OptimizerConfig, { kind: 'lamb' }>;

/** One number's way under each rule, in float64 and straight from the papers: shares nothing with the kernels. */
function referenceOf(config: ElementwiseConfig, start: number, gradients: readonly number[]): number {
  let p = start;
  let [first, second] = [0, 0];
  for (const [i, g] of gradients.entries()) {
    const t = i + 1;
    switch (config.kind) {
      case 'adam':
      case 'adamw': {
        if (config.kind === 'adamw') p -= config.learningRate * config.weightDecay * p;
        first = config.beta1 * first + (1 - config.beta1) * g;
        second = config.beta2 * second + (1 - config.beta2) * g ** 2;
        const firstHat = first / (1 - config.beta1 ** t);
        const secondHat = second / (1 - config.beta2 ** t);
        p -= (config.learningRate * firstHat) / (Math.sqrt(secondHat) + config.epsilon);
        break;
      }
      case 'sgd':
        first = config.momentum * first + g;
        p -= config.learningRate * (config.nesterov ? g + config.momentum * first : first);
        break;
      case 'rmsprop':
        second = config.decay * second + (1 - config.decay) * g ** 2;
        first = config.momentum * first + g / (Math.sqrt(second) + config.epsilon);
        p -= config.learningRate * first;
        break;
    }
  }
  return p;
}

const RULES: ElementwiseConfig[] = [
  { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  { kind: 'adam', learningRate: 0.002, beta1: 0, beta2: 0.99, epsilon: 1e-8 },
  { kind: 'adamw', learningRate: 0.01, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 },
  { kind: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false },
  { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: false },
  { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true },
  { kind: 'rmsprop', learningRate: 0.01, decay: 0.99, momentum: 0, epsilon: 1e-8 },
  { kind: 'rmsprop', learningRate: 0.01, decay: 0.9, momentum: 0.9, epsilon: 1e-8 },
];

describe('optimizers', () => {
  it.each(RULES)('$kind follows a float64 reference over many updates: %o', (config) => {
    const kernels = Kernels.load();
    const optimizer = createOptimizer(config, 1);
    const parameters = kernels.memory.allocate(LENGTH);
    const gradient = kernels.memory.allocate(LENGTH);
    const slots = Object.fromEntries(optimizer.slots.map((name) => [name, kernels.memory.allocate(LENGTH)]));
    for (const slot of Object.values(slots)) slot.floats.fill(0);
    const start = normal([1, 1], LENGTH);
    parameters.floats.set(start);
    const history = Array.from({ length: UPDATES }, (_, i) => normal([2, i], LENGTH));
    for (const [i, values] of history.entries()) {
      gradient.floats.set(values);
      optimizer.apply(kernels, { update: i + 1, parameters, gradient, slots }, []);
    }
    for (const [i, value] of parameters.floats.entries()) {
      const gradients = history.map((values) => values[i] ?? 0);
      expect(value).toBeCloseTo(referenceOf(config, start[i] ?? 0, gradients), 4);
    }
  });

  it('raises to a power as repeated multiplication does', () => {
    expect(powerOf(0.5, 0)).toBe(1);
    expect(powerOf(0.5, 10)).toBe(2 ** -10);
    let product = 1;
    for (let i = 0; i < 1000; i += 1) product *= 0.999;
    expect(powerOf(0.999, 1000)).toBeCloseTo(product, 13);
    expect(powerOf(0.9, 1_000_000)).toBe(0);
  });
});
