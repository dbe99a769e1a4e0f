import { keyOf, normal, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import type { Model, ModelPhase, Tensors, TensorsByGroup } from '../../model/define-model.ts';
import { named } from '../../model/named.ts';
import { adain32, adain64 } from './adain.ts';

const BATCH = 2;

function modelOf(factory: typeof adain32, options: object = {}): Model {
  return factory.create(factory.options.parse(options), { batchSize: BATCH });
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

function parametersOf(model: Model): TensorsByGroup {
  const tensorOf = (name: string, shape: readonly number[], scale: number): tf.Tensor =>
    tf.tensor(
      normal(keyOf('test', name), sizeOf(shape)).map((value) => value * scale),
      [...shape],
    );
  return Object.fromEntries(
    model.groups.map((group) => [
      group.name,
      Object.fromEntries(
        group.tensors.map(({ name, shape, initial }) => [
          name,
          tensorOf(`${group.name} ${name}`, shape, initial.kind === 'normal' ? initial.stddev : 0.1),
        ]),
      ),
    ]),
  );
}

function batchOf(model: Model): Readonly<Record<string, tf.Tensor4D>> {
  return Object.fromEntries(
    Object.entries(model.domains).map(([name, { size, channels }]) => {
      const values = uniform(keyOf('batch', name), BATCH * size * size * channels).map(
        (value) => 2 * value - 1,
      );
      return [name, tf.tensor4d(values, [BATCH, size, size, channels])];
    }),
  );
}

function noiseOf(phase: ModelPhase): Tensors {
  return Object.fromEntries(
    Object.entries(phase.noiseOf(BATCH)).map(([name, { shape, distribution }]) => {
      const draw = distribution === 'normal' ? normal : uniform;
      return [name, tf.tensor(draw(keyOf('noise', name), sizeOf(shape)), [...shape])];
    }),
  );
}

const parametersByModel = new Map<Model, TensorsByGroup>();

/** Drawn once for each model: hundreds of thousands of normal numbers take their time. */
function sharedParametersOf(model: Model): TensorsByGroup {
  const known = parametersByModel.get(model) ?? parametersOf(model);
  parametersByModel.set(model, known);
  return known;
}

/** Losses and gradient norms, by tensor, of one phase. */
function runPhase(
  model: Model,
  phase: ModelPhase,
  variant = '',
): { losses: number[]; norms: Record<string, number> } {
  const parameters = sharedParametersOf(model);
  return tf.tidy(() => {
    const own = named(parameters, phase.group);
    const names = Object.keys(own);
    const inputs = { batch: batchOf(model), noise: noiseOf(phase), variant };
    let losses: number[] = [];
    const gradientsOf = tf.grads((...tensors) => {
      const updated = Object.fromEntries(names.map((name, i) => [name, tensors[i] ?? tf.scalar(0)]));
      const outputs = phase.run({ parameters: { ...parameters, [phase.group]: updated }, ...inputs });
      losses = phase.losses.map((name) => named(outputs.losses, name).dataSync()[0] ?? Number.NaN);
      return named(outputs.losses, phase.losses[0] ?? '') as tf.Scalar;
    });
    const gradients = gradientsOf(Object.values(own));
    const norms = gradients.map((gradient) => tf.norm(gradient).dataSync()[0] ?? Number.NaN);
    return { losses, norms: Object.fromEntries(names.map((name, i) => [name, norms[i] ?? Number.NaN])) };
  });
}

function phaseOf(model: Model, name: string): ModelPhase {
  const phase = model.phases.find((candidate) => candidate.name === name);
  if (phase === undefined) throw new Error(`no phase ${name}`);
  return phase;
}

describe.each([
  { factory: adain32, size: 32, counts: { generator: 303_591, discriminator: 264_289 } },
  { factory: adain64, size: 64, counts: { generator: 303_591, discriminator: 460_897 } },
])('adain-$size', ({ factory, size, counts }) => {
  const model = modelOf(factory);

  it('has as many parameters as its architecture says', () => {
    const numOf = (group: Model['groups'][number]): number =>
      group.tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(Object.fromEntries(model.groups.map((group) => [group.name, numOf(group)]))).toEqual(counts);
  });

  it('paints colour images of its size within [-1, 1]', () => {
    const parameters = sharedParametersOf(model);
    tf.tidy(() => {
      if (model.generate.kind !== 'stylize') throw new Error('adain stylizes');
      const batch = batchOf(model);
      const painted = model.generate.run(parameters, {}, named(batch, 'content'), named(batch, 'style'));
      expect(painted.shape).toEqual([BATCH, size, size, 3]);
      expect(tf.max(tf.abs(painted)).dataSync()[0]).toBeLessThanOrEqual(1);
    });
  });

  it.each(['generator', 'discriminator'])('gives every tensor of the %s a finite gradient', (name) => {
    const { losses, norms } = runPhase(model, phaseOf(model, name));
    for (const loss of losses) expect(loss).toBeLessThan(1e3);
    for (const [tensor, norm] of Object.entries(norms)) {
      expect(norm, tensor).toBeGreaterThan(0);
      expect(norm, tensor).toBeLessThan(1e4);
    }
  });
});

/** By how much the texture term rose. */
function textureOf(after: { losses: number[] }, before: { losses: number[] }): number {
  return (after.losses[3] ?? 0) - (before.losses[3] ?? 0);
}

describe('adain', () => {
  it('gives the same bits for the same inputs', () => {
    const model = modelOf(adain32);
    for (const phase of model.phases) expect(runPhase(model, phase)).toEqual(runPhase(model, phase));
  });

  it('adds R1, with its second derivative, on the iterations of its interval only', () => {
    const model = modelOf(adain32, { r1Interval: 4 });
    const phase = phaseOf(model, 'discriminator');
    expect([0, 1, 3, 4, 8].map((iteration) => phase.variantOf?.(iteration))).toEqual([
      'r1',
      '',
      '',
      'r1',
      'r1',
    ]);
    const plain = runPhase(model, phase);
    const penalised = runPhase(model, phase, 'r1');
    expect(plain.losses[1]).toBe(0);
    expect(penalised.losses[1]).toBeGreaterThan(0);
    expect(penalised.losses[0]).toBeCloseTo((plain.losses[0] ?? 0) + (penalised.losses[1] ?? 0), 4);
    expect(penalised.norms['patch.0.kernel']).not.toBe(plain.norms['patch.0.kernel']);
    for (const norm of Object.values(penalised.norms)) expect(norm).toBeLessThan(1e4);
  });

  describe.each([
    { lever: { textureScales: 2 }, noise: ['colourKernels1', 'textureKernels1'], losses: [] },
    { lever: { textureFeaturesWeight: 3 }, noise: [], losses: ['textureFeatures'] },
    { lever: { recoveryWeight: 3 }, noise: ['recovery'], losses: ['recovery'] },
    { lever: { patchNceWeight: 3 }, noise: [], losses: ['patchNce'] },
    { lever: { styleCodeWeight: 3 }, noise: [], losses: ['styleCode'] },
    { lever: { identityWeight: 3 }, noise: [], losses: ['identity'] },
    { lever: { layoutWeight: 3 }, noise: [], losses: ['layout'] },
  ])('with $lever', ({ lever, noise, losses }) => {
    const [plain, changed] = [modelOf(adain32), modelOf(adain32, lever)];
    const phases = [plain, changed].map((model) => phaseOf(model, 'generator'));

    it('asks for no noise and reports no loss but its own, after all others', () => {
      const [before, after] = phases.map((phase) => [Object.keys(phase.noiseOf(BATCH)), phase.losses]);
      expect(after).toEqual([
        [...(before?.[0] ?? []), ...noise],
        [...(before?.[1] ?? []), ...losses],
      ]);
    });

    it('adds to the loss, and changes the gradient of what reads styles and what paints', () => {
      const before = runPhase(plain, phaseOf(plain, 'generator'));
      const after = runPhase(changed, phaseOf(changed, 'generator'));
      const added = losses.length > 0 ? 3 * (after.losses.at(-1) ?? 0) : 4 * textureOf(after, before);
      expect(added).toBeGreaterThan(0.001);
      expect(after.losses[0]).toBeCloseTo((before.losses[0] ?? 0) + added, 4);
      for (const [tensor, norm] of Object.entries(after.norms)) {
        expect(norm, tensor).not.toBe(before.norms[tensor]);
        expect(norm, tensor).toBeGreaterThan(0);
        expect(norm, tensor).toBeLessThan(1e4);
      }
    });
  });

  it.each([{ augment: ['colour', 'translation', 'cutout'] }, { spectralNorm: true }])(
    'changes what the discriminator sees or is with %o, also under R1',
    (lever) => {
      const [plain, changed] = [modelOf(adain32), modelOf(adain32, lever)];
      for (const name of ['discriminator', 'generator']) {
        const variant = name === 'discriminator' ? 'r1' : '';
        const before = runPhase(plain, phaseOf(plain, name), variant);
        const after = runPhase(changed, phaseOf(changed, name), variant);
        expect(after.losses[1]).not.toBe(before.losses[1]);
        expect(after.losses.slice(2)).toEqual(before.losses.slice(2));
        for (const [tensor, norm] of Object.entries(after.norms)) {
          expect(norm, tensor).toBeGreaterThan(0);
          expect(norm, tensor).toBeLessThan(1e4);
        }
      }
    },
  );

  it('lets the grey content in where contentSkip says, and the encoder always', () => {
    const inputsOf = (contentSkip: readonly string[]): Record<string, number> => {
      const [generator] = modelOf(adain32, { contentSkip }).groups;
      const kernels = generator?.tensors.filter(({ shape }) => shape.length === 4) ?? [];
      return Object.fromEntries(kernels.map(({ name, shape }) => [name, shape[2] ?? 0]));
    };
    const [all, half, none] = [inputsOf(['half', 'full']), inputsOf(['half']), inputsOf([])];
    const changes = (from: typeof all, to: typeof all): string[] =>
      Object.keys(from).filter((name) => from[name] !== to[name]);
    expect(changes(all, half)).toEqual(['full.conv.kernel', 'colour.kernel']);
    expect(changes(half, none)).toEqual(['half.conv.kernel']);
    expect(none['encoder.0.kernel']).toBe(4);
    const model = modelOf(adain32, { contentSkip: ['half'] });
    expect(runPhase(model, phaseOf(model, 'generator')).losses.every(Number.isFinite)).toBe(true);
  });

  it('shows contents inverted when polarity is random', () => {
    const [plain, turned] = [false, true].map((randomPolarity) => modelOf(adain32, { randomPolarity }));
    if (plain === undefined || turned === undefined) throw new Error('two models');
    const lossesOf = (model: Model): number[] => runPhase(model, phaseOf(model, 'generator')).losses;
    expect(Object.keys(phaseOf(turned, 'generator').noiseOf(BATCH))).toContain('polarity');
    expect(lossesOf(turned)).not.toEqual(lossesOf(plain));
  });
});
