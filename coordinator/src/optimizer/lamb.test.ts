import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { normal } from '@atelier/shared/random/keyed-random';
import { expect, it } from 'vitest';
import { createOptimizer } from './create-optimizer.ts';
import type { Optimizer, OptimizerUpdate } from './optimizer.ts';

type LambConfig = Extract<OptimizerConfig, { kind: 'lamb' }>;

const LAMB: LambConfig = {
  kind: 'lamb',
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.01,
};
const kernels = Kernels.load();

function spanOf(values: ArrayLike<number>): KernelSpan {
  const span = kernels.memory.allocate(values.length);
  span.floats.set(values);
  return span;
}

/** One tensor's way, measured in two fragments and changed in two others. */
function trained(
  config: LambConfig,
  start: ArrayLike<number>,
  gradients: readonly ArrayLike<number>[],
): number[] {
  const optimizer = createOptimizer(config, 1);
  const { length } = start;
  const parameters = spanOf(start);
  const slots = optimizer.slots.map((name) => [name, spanOf(new Float32Array(length))] as const);
  for (const [i, values] of gradients.entries()) {
    const gradient = spanOf(values);
    const partOf = (from: number, to: number): OptimizerUpdate => ({
      update: i + 1,
      parameters: parameters.slice(from, to - from),
      gradient: gradient.slice(from, to - from),
      slots: Object.fromEntries(slots.map(([name, slot]) => [name, slot.slice(from, to - from)])),
    });
    const sums = measured(optimizer, [partOf(0, 1), partOf(1, length)]);
    for (const part of [partOf(0, length - 1), partOf(length - 1, length)])
      optimizer.apply(kernels, part, sums);
  }
  return [...parameters.floats];
}

function measured({ tensorSums }: Optimizer, parts: readonly OptimizerUpdate[]): readonly number[] {
  const sums = parts.map((part) => tensorSums?.measure(kernels, part) ?? []);
  return (tensorSums?.names ?? []).map((_, i) => sums.reduce((total, of) => total + (of[i] ?? 0), 0));
}

/** Algorithm 2 of the paper, of one tensor, in float64: shares nothing with the kernels. */
function referenceOf(
  { learningRate, beta1, beta2, epsilon, weightDecay }: LambConfig,
  start: ArrayLike<number>,
  gradients: readonly ArrayLike<number>[],
): number[] {
  const x = Array.from(start);
  const m = x.map(() => 0);
  const v = x.map(() => 0);
  for (const [i, gradient] of gradients.entries()) {
    const update = x.map((value, at) => {
      const g = gradient[at] ?? 0;
      m[at] = beta1 * (m[at] ?? 0) + (1 - beta1) * g;
      v[at] = beta2 * (v[at] ?? 0) + (1 - beta2) * g ** 2;
      const first = (m[at] ?? 0) / (1 - beta1 ** (i + 1));
      const second = (v[at] ?? 0) / (1 - beta2 ** (i + 1));
      return first / (Math.sqrt(second) + epsilon) + weightDecay * value;
    });
    const [length, updateLength] = [Math.hypot(...x), Math.hypot(...update)];
    const ratio = length > 0 && updateLength > 0 ? length / updateLength : 1;
    for (const [at, value] of update.entries()) x[at] = (x[at] ?? 0) - learningRate * ratio * value;
  }
  return x;
}

function expectClose(values: readonly number[], wanted: readonly number[], digits: number): void {
  expect(values).toHaveLength(wanted.length);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, digits);
}

it.each([
  { weightDecay: 0, beta1: 0.9 },
  { weightDecay: 0.01, beta1: 0.5 },
  { weightDecay: 0.3, beta1: 0 },
])('LAMB follows a float64 reference over many updates: %o', (changes) => {
  const config = { ...LAMB, learningRate: 0.01, ...changes };
  const start = normal([1, 1], 37);
  const gradients = Array.from({ length: 50 }, (_, i) => normal([2, i], 37));
  expectClose(trained(config, start, gradients), referenceOf(config, start, gradients), 4);
});

/** Computed in float64 by another program, from the paper's algorithm 2. */
it.each([
  {
    weightDecay: 0,
    kernel: [0.227883604, -0.81582757, 2.003340459, -0.103476558, -0.924431722],
    bias: [-0.121288305, 0.090829508],
  },
  {
    weightDecay: 0.01,
    kernel: [0.226552548, -0.811598604, 1.994538826, -0.104245325, -0.923394887],
    bias: [-0.12124666, 0.09079419],
  },
  {
    weightDecay: 0.1,
    kernel: [0.216105045, -0.774247963, 1.912115279, -0.107180361, -0.906720997],
    bias: [-0.120871313, 0.090483545],
  },
])('LAMB with a decay of $weightDecay comes to golden values', ({ weightDecay, kernel, bias }) => {
  const config = { ...LAMB, weightDecay };
  const kernelGradients = [
    [1, -2, 0.5, 4, -0.25],
    [0.5, 1, -1, 2, 8],
    [-1, 0.25, 0.125, -2, 1],
  ];
  const biasGradients = [
    [3, -0.5],
    [1, 0.25],
    [-2, 0.75],
  ];
  expectClose(trained(config, [0.5, -1, 2, 0.25, -0.75], kernelGradients), kernel, 6);
  expectClose(trained(config, [0, 0], biasGradients), bias, 6);
});

it('LAMB changes a tensor by the learning rate times its norm, however large the gradient', () => {
  const start = normal([1, 2], 12);
  for (const scale of [1e-2, 1, 1e4]) {
    const end = trained(LAMB, start, [normal([2, 2], 12).map((value) => value * scale)]);
    const distance = Math.hypot(...end.map((value, i) => value - (start[i] ?? 0)));
    expect(distance / Math.hypot(...start)).toBeCloseTo(LAMB.learningRate, 5);
  }
});

it('LAMB leaves a tensor where it is that has neither gradient nor decay', () => {
  const start = [1, 2, 3];
  expect(trained({ ...LAMB, weightDecay: 0 }, start, [[0, 0, 0]])).toEqual(start);
});
