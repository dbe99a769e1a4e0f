import * as tf from '@tensorflow/tfjs-node-gpu';
import { expect, it } from 'vitest';
import { opsProcessor } from '../engine/register-ops.ts';
import { recordGraph } from '../graph/graph-recorder.ts';
import type { GraphPart } from '../graph/split-graph.ts';
import { withFusedElementwise } from './fused-elementwise.ts';
import { largestDifference, valuesOf } from './testing/run-graph.ts';

/** Without our ops there is nothing to run. */
const ours = it.runIf(opsProcessor() !== undefined);

/** Of images [4, 6, 6, 24] and two vectors [24]. */
type Function = (image: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D) => tf.Tensor;

const leakyRelu = (x: tf.Tensor4D): tf.Tensor4D => x.mul(0.2).add(x.relu().mul(0.8));

ours.each<[string, Function]>([
  ['a leaky ReLU', (image) => leakyRelu(image)],
  [
    "a leaky ReLU's gradient",
    (image) =>
      tf.grad((x) =>
        leakyRelu(x.as4D(4, 6, 6, 24))
          .square()
          .sum(),
      )(image),
  ],
  ['a scale and an offset of each channel', (image, scale, offset) => image.mul(scale).add(offset).relu()],
  [
    'numbers that are in all of it',
    (image, scale) => image.div(image.square().add(1)).sub(scale.slice(0, 1)).neg(),
  ],
])('computes %s with the bits of TensorFlow, in one op', (_, run) => {
  const { ops, values, expected } = bothOf(run);
  expect(ops.filter((op) => op === 'AtelierElementwise')).toHaveLength(1);
  expect(
    ops.filter((op) => /^(Add|AddV2|Sub|Mul|RealDiv|Neg|Relu|Square|Select|Greater|IsNan)$/.test(op)),
  ).toEqual([]);
  expect(values).toEqual(expected);
});

ours.each<[string, Function]>([
  ['means over all but the channels', (image) => image.square().mean([0, 1, 2])],
  ['a normalisation by them', normalised],
  [
    'its gradient',
    (image, scale, offset) =>
      tf.grad((x) =>
        normalised(x.as4D(4, 6, 6, 24), scale, offset)
          .square()
          .sum(),
      )(image),
  ],
  ['a sum that is used in what it is the sum of', (image) => image.sub(image.sum([0, 1, 2])).mul(image)],
])('computes %s to rounding', (_, run) => {
  const { ops, values, expected } = bothOf(run);
  expect(ops).toContain('AtelierElementwise');
  expect(ops).not.toContain('Mean');
  expect(largestDifference(values, expected)).toBeLessThan(2e-6);
});

ours('leaves what is not a number what it is', () => {
  const { values, expected } = bothOf((image) => tf.grad((x) => x.relu().sum())(image.sub(1).sqrt()));
  expect(values.some(Number.isNaN)).toBe(true);
  expect(values).toEqual(expected);
});

ours('does not wait for itself where a path leaves a cluster and comes back', () => {
  const { values, expected } = bothOf((image) => {
    const half = image.mul(0.5);
    return half.add(half.tanh()).mul(half);
  });
  expect(values).toEqual(expected);
});

ours('gives several results of one pass', () => {
  const run: Function = (image) => {
    const positive = image.relu();
    const double = positive.mul(2);
    return tf.concat([positive.tanh(), double.tanh()]);
  };
  const { ops, values, expected } = bothOf(run);
  expect(ops.filter((op) => op === 'AtelierElementwise')).toHaveLength(1);
  expect(values).toEqual(expected);
});

function normalised(image: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D): tf.Tensor4D {
  const { mean, variance } = tf.moments(image, [0, 1, 2]);
  return image
    .sub(mean)
    .mul(scale.mul(variance.add(1e-5).rsqrt()))
    .add(offset)
    .relu();
}

/** What our ops give and what TensorFlow's graph gives, and the ops that were ours to run. */
function bothOf(run: Function): { ops: string[]; values: Float32Array; expected: Float32Array } {
  const inputs = [
    tf.randomNormal([4, 6, 6, 24], 0, 1, 'float32', 1),
    tf.randomNormal([24], 1, 0.2, 'float32', 2),
    tf.randomNormal([24], 0, 0.2, 'float32', 3),
  ];
  const [image, scale, offset] = inputs;
  if (!image || !scale || !offset) throw new Error('three inputs');
  const { result, graph } = recordGraph(inputs, () =>
    tf.tidy(() => run(image.as4D(4, 6, 6, 24), scale.as1D(), offset.as1D())),
  );
  if ('problem' in graph) throw new Error(graph.problem);
  const part: GraphPart = { ...graph, outputs: [graph.output] };
  const fused = withFusedElementwise(part, graph.types);
  const both = {
    ops: fused.nodes.map(({ op }) => op),
    values: valuesOf(fused, inputs),
    expected: valuesOf(part, inputs),
  };
  tf.dispose([result, ...inputs]);
  return both;
}
