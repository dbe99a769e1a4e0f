import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import type { Model, PhaseInputs, PhaseOutputs } from '../model/define-model.ts';
import { named } from '../model/named.ts';
import { dcgan32 } from '../presets/dcgan.ts';
import { PhaseRunner } from './phase-runner.ts';
import { rehearsalOf, rehearsalParametersOf } from './rehearsal.ts';

const BATCH_SIZE = 2;

function runnerOf(model: Model, compile = false): PhaseRunner {
  const runner = new PhaseRunner(model, { batchSize: BATCH_SIZE, compile });
  for (const [group, flat] of Object.entries(rehearsalParametersOf(model))) {
    runner.setParameters(group, flat);
  }
  return runner;
}

/** Two numbers w, b; loss = mean((w x + b - y)^2) of noise x and a batch of one grey pixel y. */
function line(run: (inputs: PhaseInputs) => PhaseOutputs): Model {
  const spec = (name: string, value: number) =>
    ({ name, shape: [1], initial: { kind: 'constant', value } }) as const;
  return {
    name: 'line',
    domains: { y: { size: 1, channels: 1 } },
    groups: [{ name: 'line', tensors: [spec('w', 3), spec('b', 1)], statistics: [spec('meanX', 0)] }],
    phases: [
      {
        name: 'fit',
        group: 'line',
        uses: [],
        reads: ['y'],
        losses: ['error', 'bias'],
        noiseOf: (n) => ({ x: { shape: [n, 1], distribution: 'normal' } }),
        run,
      },
    ],
    generate: { kind: 'noise', noiseSize: 1, uses: [], run: () => tf.zeros([1, 1, 1, 1]) },
  };
}

function fit({ parameters, batch, noise }: PhaseInputs): PhaseOutputs {
  const { w, b } = named(parameters, 'line') as { w: tf.Tensor; b: tf.Tensor };
  const x = named(noise, 'x');
  const error = x
    .mul(w)
    .add(b)
    .sub(named(batch, 'y').reshape([-1, 1]))
    .square()
    .mean();
  return { losses: { error, bias: b.sum() }, statistics: { meanX: x.mean() } };
}

const inputs = {
  phaseIndex: 0,
  iteration: 0,
  batch: { y: Float32Array.of(2, 5) },
  noise: { x: Float32Array.of(1, 2) },
};

describe('PhaseRunner', () => {
  it('returns gradient, statistics and losses in layout order', () => {
    // Residuals 3*1+1-2 = 2 and 3*2+1-5 = 2: d/dw = mean(2*2*x) = 6, d/db = 4.
    const leaf = runnerOf(line(fit)).run(inputs);
    expect([...leaf]).toEqual([6, 4, 1.5, 4, 1]);
  });

  it('computes with the newest parameters', () => {
    const runner = runnerOf(line(fit));
    runner.setParameters('line', Float32Array.of(1, 0));
    // Residuals -1 and -3: d/dw = mean(-2, -12) = -7, d/db = -4, error 5.
    expect([...runner.run(inputs)]).toEqual([-7, -4, 1.5, 5, 0]);
  });

  it('names the tensors that the loss does not depend on', () => {
    const withoutB = line((all) => ({
      ...fit(all),
      losses: { error: named(named(all.parameters, 'line'), 'w').sum(), bias: tf.scalar(0) },
    }));
    expect(() => runnerOf(withoutB).run(inputs)).toThrow(
      /loss 'error' has no gradient with respect to 'b' of group 'line'/,
    );
  });

  it('names a loss or statistic that is missing', () => {
    expect(() => runnerOf(line((all) => ({ losses: fit(all).losses }))).run(inputs)).toThrow(
      /statistic 'meanX' of 1 value/,
    );
  });

  it('names a batch or noise of the wrong length', () => {
    expect(() => runnerOf(line(fit)).run({ ...inputs, batch: { y: Float32Array.of(1) } })).toThrow(
      /batch of 'y' as \[2,1,1,1\]; got 1 numbers/,
    );
    expect(() => runnerOf(line(fit)).run({ ...inputs, noise: {} })).toThrow(
      /noise 'x' as \[2,1\]; got no numbers/,
    );
  });

  it('refuses a phase that keeps tensors', () => {
    const leaking = line((all) => {
      tf.keep(tf.scalar(1));
      return fit(all);
    });
    expect(() => runnerOf(leaking).run(inputs)).toThrow(expect.objectContaining({ code: 'leak' }));
  });

  it.each([false, true])('gives the same bits twice and leaves no tensor behind (compile: %s)', (compile) => {
    const model = dcgan32.create(dcgan32.options.parse({ width: 4, r1: { every: 2 } }), {
      batchSize: BATCH_SIZE,
    });
    const runner = runnerOf(model, compile);
    const other = runnerOf(model, compile);
    const before = { tensors: 0, native: 0 };
    for (let iteration = 0; iteration < 8; iteration += 1) {
      for (const [phaseIndex, phase] of model.phases.entries()) {
        const { batch, noise } = rehearsalOf(model, phase, BATCH_SIZE);
        const leaf = runner.run({ phaseIndex, iteration, batch, noise });
        expect(other.run({ phaseIndex, iteration, batch, noise })).toEqual(leaf);
        expect(leaf.every(Number.isFinite)).toBe(true);
        expect(leaf.some((value) => value !== 0)).toBe(true);
      }
      if (iteration === 2) before.tensors = runner.state().numTensors;
    }
    expect(runner.state().numTensors).toBe(before.tensors);
    expect(runner.state().numFallback).toBe(0);
    expect(runner.state().numCompiled > 0).toBe(compile);
  });

  it.each([{}, { r1: { every: 1 } }, { nCritic: 2 }])(
    'gives the same bits for a leaf begun before the last parameters were here (%o), and leaves no tensor',
    (options) => {
      const model = dcgan32.create(dcgan32.options.parse({ width: 4, ...options }), {
        batchSize: BATCH_SIZE,
      });
      const runner = runnerOf(model, true);
      const other = runnerOf(model, true);
      for (const [phaseIndex, phase] of model.phases.entries()) {
        const given = { phaseIndex, iteration: 0, ...rehearsalOf(model, phase, BATCH_SIZE) };
        const begun = runner.begin(given);
        expect(begun?.numTensors).toBeGreaterThan(0);
        const late = runner.lateGroupOf(phaseIndex) ?? '';
        for (const each of [runner, other])
          each.setParameters(
            late,
            named(rehearsalParametersOf(model), late).map((value) => 2 * value),
          );
        expect(runner.run(given, begun)).toEqual(other.run(given));
        expect(begun?.numTensors).toBe(0);
      }
    },
  );
});
