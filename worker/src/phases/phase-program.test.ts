import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import type { Model, PhaseInputs } from '../model/define-model.ts';
import { named } from '../model/named.ts';
import { dcgan32 } from '../presets/dcgan.ts';
import { PhaseRunner } from './phase-runner.ts';
import { rehearsalOf, rehearsalParametersOf } from './rehearsal.ts';

const BATCH_SIZE = 2;

/** A model of one phase, loss = mean((w x)^2) + extra, run once. */
function runOnce(extra: (x: tf.Tensor) => tf.Tensor): {
  readonly leaf: Float32Array;
  readonly warnings: string[];
} {
  const model: Model = {
    name: 'one',
    domains: {},
    groups: [{ name: 'g', tensors: [{ name: 'w', shape: [3], initial: { kind: 'constant', value: 2 } }] }],
    phases: [
      {
        name: 'p',
        group: 'g',
        uses: [],
        reads: [],
        losses: ['loss'],
        noiseOf: () => ({ x: { shape: [3], distribution: 'normal' } }),
        run({ parameters, noise }: PhaseInputs) {
          const x = named(noise, 'x');
          return {
            losses: { loss: named(named(parameters, 'g'), 'w').mul(x).square().mean().add(extra(x)) },
          };
        },
      },
    ],
    generate: { kind: 'noise', noiseSize: 1, uses: [], run: () => tf.zeros([1, 1, 1, 1]) },
  };
  const warnings: string[] = [];
  const runner = new PhaseRunner(model, {
    batchSize: 1,
    compile: true,
    warn: (message) => warnings.push(message),
  });
  runner.setParameters('g', Float32Array.of(1, 2, 3));
  const leaf = runner.run({ phaseIndex: 0, iteration: 0, batch: {}, noise: { x: Float32Array.of(1, 1, 3) } });
  runner.dispose();
  return { leaf, warnings };
}

describe('a compiled phase', () => {
  it('computes on the inputs given, not on those it was recorded with', () => {
    const { leaf, warnings } = runOnce((x) => x.sum().mul(10));
    expect(warnings).toEqual([]);
    // d/dw mean((w x)^2) = 2 w x^2 / 3; loss = (1 + 4 + 81) / 3 + 50.
    expect([...leaf].map((value) => Math.fround(value))).toEqual(
      [2 / 3, 4 / 3, 18, 86 / 3 + 50].map(Math.fround),
    );
  });

  it('agrees with the eager one within rounding', () => {
    const model = dcgan32.create(dcgan32.options.parse({ width: 8, objective: 'wgan-gp', r1: {} }), {
      batchSize: BATCH_SIZE,
    });
    const [compiled, eager] = [true, false].map((compile) => {
      const warn = (message: string) => expect.fail(message);
      const runner = new PhaseRunner(model, { batchSize: BATCH_SIZE, compile, warn });
      for (const [group, flat] of Object.entries(rehearsalParametersOf(model))) {
        runner.setParameters(
          group,
          flat.map((value) => value * 1.5),
        );
      }
      return model.phases.map((phase, phaseIndex) =>
        runner.run({ phaseIndex, iteration: 0, ...rehearsalOf(model, phase, BATCH_SIZE) }),
      );
    });
    for (const [i, leaf] of (compiled ?? []).entries()) {
      const other = eager?.[i] ?? new Float32Array();
      const scale = other.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const difference = leaf.reduce(
        (most, value, j) => Math.max(most, Math.abs(value - (other[j] ?? Number.NaN))),
        0,
      );
      expect(difference).toBeLessThan(1e-5 * scale);
    }
  });

  const outside = tf.tensor1d([1]);
  it.each([
    [
      'reads a tensor',
      (x: tf.Tensor) => tf.scalar((x.dataSync()[0] ?? 0) + 1),
      /it reads the values of a tensor/,
    ],
    ['uses a tensor of its own', () => outside.sum(), /op Sum uses a tensor that was made outside of it/],
  ])('runs eagerly, and says so once, when it %s', (_, extra, reason) => {
    const { leaf, warnings } = runOnce(extra);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^phase 'p' runs one operation at a time/);
    expect(warnings[0]).toMatch(reason);
    expect(leaf[3]).toBeCloseTo(86 / 3 + (reason.source.includes('reads') ? 2 : 1), 4);
  });

  it('keeps constants apart from the values they were made of', () => {
    // The values are read before the engine has them: a constant, and no function of the inputs.
    expect(runOnce(() => tf.scalar(tf.scalar(7).dataSync()[0] ?? 0)).warnings).toEqual([]);
  });

  it('is refused when it draws random numbers of its own', () => {
    expect(() => runOnce(() => tf.randomNormal([1]).sum())).toThrow(/two results for the same inputs/);
  });

  it('gives the same bits in every process, whichever variant was recorded first', async () => {
    const digests = await Promise.all([digestsIn('[0, 1]', '1'), digestsIn('[1, 0]', '2')]);
    expect(digests[0]).toMatch(/^(\d:[0-9a-f]{64} ){2}$/);
    expect(digests[1]).toBe(digests[0]);
  }, 120_000);
});

/** Digests of the discriminator's leaf with R1 (iteration 0) and without (1), computed by a new process. */
async function digestsIn(iterations: string, interOpThreads: string): Promise<string> {
  const source = path.dirname(import.meta.dirname);
  const shared = path.resolve(source, '../../shared/src');
  const script = `
    import { createHash } from 'node:crypto';
    import { createJiti } from 'jiti';
    const jiti = createJiti(${JSON.stringify(source)}, { fsCache: false, alias: { '@atelier/shared': ${JSON.stringify(shared)} } });
    const load = (file) => jiti.import(${JSON.stringify(source)} + '/' + file);
    const { dcgan32 } = await load('presets/dcgan.ts');
    const { PhaseRunner } = await load('phases/phase-runner.ts');
    const { rehearsalOf, rehearsalParametersOf } = await load('phases/rehearsal.ts');
    const model = dcgan32.create(dcgan32.options.parse({ width: 4, r1: {} }), { batchSize: 2 });
    const warn = (message) => { throw new Error(message); };
    const runner = new PhaseRunner(model, { batchSize: 2, compile: true, warn });
    for (const [group, flat] of Object.entries(rehearsalParametersOf(model))) runner.setParameters(group, flat);
    const leaves = ${iterations}.map((iteration) => {
      const leaf = runner.run({ phaseIndex: 0, iteration, ...rehearsalOf(model, model.phases[0], 2) });
      return iteration + ':' + createHash('sha256').update(leaf).digest('hex') + ' ';
    });
    process.stdout.write(leaves.sort().join(''));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: source,
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: interOpThreads },
  });
  return stdout;
}
