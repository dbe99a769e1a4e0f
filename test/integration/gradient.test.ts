import { createOptimizer } from '@atelier/coordinator/optimizer/create-optimizer';
import { judgeStep } from '@atelier/coordinator/reduction/judge-step';
import { blocksOf, RootSum } from '@atelier/coordinator/reduction/root-sum';
import type { KernelBuffer } from '@atelier/shared/kernels/kernel-memory';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { flatLayoutOf, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import { rootOf } from '@atelier/shared/tree/node-id';
import { ReductionTree } from '@atelier/shared/tree/reduction-tree';
import { nodeWireOf } from '@atelier/shared/wire/node-wire';
import { conv2d } from '@atelier/worker/layers/conv2d';
import { dense } from '@atelier/worker/layers/dense';
import { tensorsOf } from '@atelier/worker/layers/layer';
import { leakyRelu } from '@atelier/worker/layers/leaky-relu';
import type { Model, ModelPhase, PhaseInputs } from '@atelier/worker/model/define-model';
import { initialParametersOf } from '@atelier/worker/model/initial-parameters';
import { describeModel } from '@atelier/worker/model/model-description';
import { named } from '@atelier/worker/model/named';
import { PhaseRunner } from '@atelier/worker/phases/phase-runner';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const NUM_VIRTUAL_WORKERS = 4;
const BATCH = 3;
const SIZE = 8;
const IMAGE_VALUES = SIZE * SIZE * 3;
const ADAM = { kind: 'adam', learningRate: 0.01, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 } as const;

const initial = { kind: 'normal', stddev: 0.2 } as const;
const filter = conv2d({ name: 'filter', in: 3, out: 4, kernel: 4, stride: 2, initial });
const score = dense({ name: 'score', in: (SIZE / 2) ** 2 * 4, out: 1, initial });

/** A critic of single images: no batch norm, so a batch's mean loss is the mean of its parts'. */
const phase: ModelPhase = {
  name: 'critic',
  group: 'critic',
  uses: [],
  reads: ['real'],
  losses: ['loss'],
  noiseOf: () => ({}),
  run({ parameters, batch }: PhaseInputs) {
    const own = named(parameters, 'critic');
    const features = leakyRelu(filter.apply(own, named(batch, 'real') as tf.Tensor4D));
    return {
      losses: { loss: tf.softplus(score.apply(own, features.reshape([features.shape[0], -1]))).mean() },
    };
  },
};

const model: Model = {
  name: 'critic',
  domains: { real: { size: SIZE, channels: 3 } },
  groups: [{ name: 'critic', tensors: tensorsOf([filter, score]) }],
  phases: [phase],
  generate: { kind: 'noise', noiseSize: 1, uses: [], run: () => tf.zeros([1, 1, 1, 1]) },
};
const { groups, phases } = describeModel(model);
const definition = { model: model.name, groups, phases, domains: [] };
const layout = flatLayoutOf(tensorsOf([filter, score]));

/** The images of all virtual workers in one step, in [-1, 1]. */
function imagesOf(step: number): Float32Array {
  const values = uniform(keyOf('gradient test', step), NUM_VIRTUAL_WORKERS * BATCH * IMAGE_VALUES);
  return values.map((value) => 2 * value - 1);
}

/** Loss and gradient of all images as one batch, by TensorFlow alone: no runner, no tree, no kernels. */
function inOnePiece(parameters: Float32Array, images: Float32Array) {
  const variables = layout.tensors.map(({ offset, size, shape }) =>
    tf.tensor(parameters.slice(offset, offset + size), [...shape]),
  );
  const real = tf.tensor4d(images, [NUM_VIRTUAL_WORKERS * BATCH, SIZE, SIZE, 3]);
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
    const critic = Object.fromEntries(
      layout.tensors.map(({ name }, i) => [name, tensors[i] ?? tf.scalar(Number.NaN)]),
    );
    const { losses } = phase.run({ parameters: { critic }, batch: { real }, noise: {}, variant: '' });
    return named(losses, 'loss');
  })(variables);
  const gradient = new Float32Array(layout.size);
  for (const [i, { offset }] of layout.tensors.entries()) gradient.set(grads[i]?.dataSync() ?? [], offset);
  return { gradient, loss: value.dataSync()[0] ?? Number.NaN };
}

describe('what four virtual workers compute', () => {
  const kernels = Kernels.load();
  const [nodeLayout] = phases.map((described) => nodeLayoutOf(definition, described));
  let runner: PhaseRunner;

  beforeAll(() => {
    const warn = (message: string) => expect.fail(message);
    runner = new PhaseRunner(model, { batchSize: BATCH, compile: true, warn });
  });
  afterAll(() => runner.dispose());

  /** As a worker computes leaves and the coordinator reduces them, whatever the order in which they arrive. */
  function reduced(parameters: Float32Array, images: Float32Array) {
    if (nodeLayout === undefined) throw new Error('the model has no phase');
    runner.setParameters('critic', parameters);
    const wire = nodeWireOf('f32', nodeLayout, kernels);
    const tree = new ReductionTree<KernelBuffer>(rootOf(NUM_VIRTUAL_WORKERS), {
      add: (left, right) => wire.add(left, right),
      release: (buffer) => buffer.release(),
    });
    for (const index of [2, 0, 3, 1]) {
      const size = BATCH * IMAGE_VALUES;
      const batch = { real: images.subarray(index * size, (index + 1) * size) };
      const leaf = kernels.memory.allocate(nodeLayout.size);
      leaf.floats.set(runner.run({ phaseIndex: 0, iteration: 0, batch, noise: {} }));
      tree.add({ level: 0, index }, leaf);
    }
    const gradientSize = nodeLayout.gradient.size;
    const options = { gradientSize, numVirtualWorkers: NUM_VIRTUAL_WORKERS };
    const root = new RootSum(tree.takeRoot(), options, { kernels, wire });
    const { losses } = judgeStep(nodeLayout, { ...root.divide(), fragmentSums: new Float64Array() }, []);
    const gradient = kernels.memory.allocate(gradientSize);
    for (const { offset, size } of blocksOf(gradientSize))
      gradient.slice(offset, size).floats.set(root.meanOf(offset, size).floats);
    root.release();
    return { gradient, loss: named(losses, 'loss') };
  }

  it('has the mean that one batch of all their images has, to 1e-5 of the largest component', () => {
    const parameters = initialParametersOf(model, 3);
    const images = imagesOf(0);
    const whole = inOnePiece(parameters, images);
    const { gradient, loss } = reduced(parameters, images);
    const scale = Math.max(...whole.gradient.map(Math.abs));
    expect(scale).toBeGreaterThan(0.01);
    expect(largestDifference(gradient.floats, whole.gradient)).toBeLessThan(1e-5 * scale);
    expect(loss / whole.loss).toBeCloseTo(1, 5);
    gradient.release();
  });

  it("moves the parameters in 10 Adam steps to where TensorFlow's Adam does, to 1e-3 of one step's length", () => {
    const start = initialParametersOf(model, 3);
    const optimizer = createOptimizer(ADAM, 1);
    const parameters = kernels.memory.allocate(layout.size);
    parameters.floats.set(start);
    const slots = Object.fromEntries(
      optimizer.slots.map((name) => [name, kernels.memory.allocate(layout.size)]),
    );
    for (const slot of Object.values(slots)) slot.floats.fill(0);
    const theirs = tf.variable(tf.tensor1d(start.slice()), true, 'parameters');
    const theirAdam = tf.train.adam(ADAM.learningRate, ADAM.beta1, ADAM.beta2, ADAM.epsilon);

    for (let step = 0; step < 10; step += 1) {
      const { gradient } = reduced(parameters.floats.slice(), imagesOf(step));
      theirAdam.applyGradients([{ name: theirs.name, tensor: tf.tensor1d(gradient.floats.slice()) }]);
      optimizer.apply(kernels, { update: step + 1, parameters, gradient, slots }, []);
      gradient.release();
    }
    expect(largestDifference(parameters.floats, start)).toBeGreaterThan(5 * ADAM.learningRate);
    expect(largestDifference(parameters.floats, theirs.dataSync())).toBeLessThan(1e-3 * ADAM.learningRate);
  });
});

function largestDifference(values: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(values).toHaveLength(wanted.length);
  return Array.from(values).reduce((most, value, i) => {
    return Math.max(most, Math.abs(value - (wanted[i] ?? Number.NaN)));
  }, 0);
}
