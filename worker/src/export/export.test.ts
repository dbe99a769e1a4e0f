import path from 'node:path';
import { sizeOf } from '@atelier/shared/layout/flat-layout';
import { keyOf, normal, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, describe, expect, it } from 'vitest';
import type { Model, ModelFactory } from '../model/define-model.ts';
import { initialParametersOf } from '../model/initial-parameters.ts';
import { adain32 } from '../presets/adain/adain.ts';
import { article } from '../presets/article.ts';
import { dcgan32 } from '../presets/dcgan.ts';
import { loadModel } from '../presets/load-model.ts';
import { freezeGenerator } from '../trained/freeze-generator.ts';
import type { FrozenGraph } from '../trained/frozen-graph.ts';
import { renderImages } from '../trained/render.ts';
import type { RenderInputs, TrainedFlats } from '../trained/trained-work.ts';
import { onnxModelOf } from './onnx-model.ts';
import { tfjsModelOf } from './tfjs-model.ts';

const MY_GAN = path.join(import.meta.dirname, '../../../examples/models/my-gan.ts');
/** Of values in [-1, 1]; docs/export.md states it. */
const MAX_DIFFERENCE = 1e-4;

function modelOf(factory: ModelFactory, options: Readonly<Record<string, unknown>>): Model {
  return factory.create(factory.options.parse(options), { batchSize: 2 });
}

const models = new Map<string, Model>([
  ['adain-32', modelOf(adain32, { channels: 8, codeSize: 16 })],
  ['dcgan-32', modelOf(dcgan32, { width: 4 })],
  ['article', modelOf(article, { size: 16, width: 0.1 })],
  ['a model of one’s own', await loadModel({ module: MY_GAN, options: {} }, { batchSize: 2 })],
]);

/** As large as in a trained network, and statistics that are not 0 and 1. */
function trainedOf({ groups }: Model): TrainedFlats {
  const flatsOf = (statistics: boolean) =>
    groups.map(({ name, tensors, statistics: running = [] }) => {
      const initial = initialParametersOf(
        { groups: [{ name, tensors: statistics ? running : tensors }] },
        statistics ? 2 : 1,
      );
      const noise = uniform(keyOf('trained', name), initial.length);
      return [name, initial.map((value, i) => value + 0.1 * (noise[i] ?? 0))] as const;
    });
  return { parameters: Object.fromEntries(flatsOf(false)), statistics: Object.fromEntries(flatsOf(true)) };
}

/** By port. */
function inputsOf({ inputs }: FrozenGraph): Map<string, Float32Array> {
  return new Map(
    inputs.map(({ name, shape }) => {
      const draw = name === 'noise' ? normal : uniform;
      return [
        name,
        draw(keyOf('input', name), sizeOf(shape)).map((value) => (name === 'noise' ? value : 2 * value - 1)),
      ] as const;
    }),
  );
}

function paintedBy(
  model: Model,
  trained: TrainedFlats,
  inputs: ReadonlyMap<string, Float32Array>,
): Float32Array {
  const of = (name: string) => inputs.get(name)?.slice() ?? new Float32Array();
  const given: RenderInputs =
    model.generate.kind === 'noise'
      ? { kind: 'noise', noise: of('noise') }
      : { kind: 'stylize', content: of('content'), style: of('style') };
  return renderImages(model, trained.parameters, trained.statistics, given).pixels;
}

function largestDifference(a: ArrayLike<number>, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return b.reduce((most, value, i) => Math.max(most, Math.abs(value - (a[i] ?? Number.NaN))), 0);
}

describe.each([...models])('%s', (_, model) => {
  const trained = trainedOf(model);
  const graph = freezeGenerator(model, trained);
  const inputs = inputsOf(graph);
  const wanted = paintedBy(model, trained, inputs);

  afterEach(async () => {
    await tf.setBackend('tensorflow');
  });

  it('gives the same images as a TF.js graph model on another backend', async () => {
    const { 'model.json': json, 'weights.bin': weights } = tfjsModelOf(graph, {});
    const { modelTopology, weightsManifest } = JSON.parse(Buffer.from(json).toString());
    await tf.setBackend('cpu');
    const [{ weights: weightSpecs }] = weightsManifest;
    const weightData = Uint8Array.from(weights).buffer;
    const exported = await tf.loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
    const given = graph.inputs.map(({ name, shape }) => [
      name,
      tf.tensor(inputs.get(name) ?? [], [...shape]),
    ]);
    const image = exported.execute(Object.fromEntries(given), graph.output.name) as tf.Tensor;
    expect(image.shape).toEqual(graph.output.shape);
    expect(largestDifference(await image.data(), wanted)).toBeLessThan(MAX_DIFFERENCE);
  });

  it('gives the same images as ONNX', async () => {
    const session = await InferenceSession.create(onnxModelOf(graph, model.name, { model: model.name }));
    const feeds = graph.inputs.map(({ name, shape }) => [
      name,
      new Tensor('float32', inputs.get(name) ?? new Float32Array(), shape),
    ]);
    const { image } = await session.run(Object.fromEntries(feeds));
    expect(image?.dims).toEqual(graph.output.shape);
    expect(largestDifference(image?.data as Float32Array, wanted)).toBeLessThan(MAX_DIFFERENCE);
  });
});

describe('freezeGenerator', () => {
  const base = modelOf(dcgan32, { width: 4 });
  const trained = trainedOf(base);
  const withRun = (run: (noise: tf.Tensor2D) => tf.Tensor4D): Model => ({
    ...base,
    generate: { kind: 'noise', noiseSize: 4, uses: ['generator'], run: (_p, _s, noise) => run(noise) },
  });

  it('refuses a generator that turns values into constants, and says so', () => {
    const peeking = withRun((noise) => noise.mul(noise.dataSync()[0] ?? 0).reshape([1, 2, 2, 1]));
    expect(() => freezeGenerator(peeking, trained)).toThrow(/reads the values of a tensor/);
  });

  it('names the operation that ONNX has no translation for', () => {
    const odd = freezeGenerator(
      withRun((noise) => noise.cumsum(1).reshape([1, 2, 2, 1])),
      trained,
    );
    expect(() => onnxModelOf(odd, 'odd', {})).toThrow(/no operator for Cumsum/);
  });

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    freezeGenerator(base, trained);
    expect(tf.memory().numTensors).toBe(before);
  });
});
