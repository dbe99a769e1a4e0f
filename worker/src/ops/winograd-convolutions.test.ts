import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { opsProcessor } from '../engine/register-ops.ts';
import { type RecordedGraph, recordGraph } from '../graph/graph-recorder.ts';
import { largestDifference, valuesOf } from './testing/run-graph.ts';
import { withWinogradConvolutions } from './winograd-convolutions.ts';

/** Without them the graph is not to be run. */
const hasOps = opsProcessor() !== undefined;

type Convolution = (inputs: readonly tf.Tensor4D[]) => tf.Tensor4D;

/** [images, side, side, channels] of the larger image, and features. */
const SIZES = [
  { images: 3, side: 8, channels: 16, features: 32 },
  { images: 5, side: 4, channels: 48, features: 16 },
  { images: 3, side: 12, channels: 3, features: 16 },
  { images: 2, side: 4, channels: 1, features: 32 },
  { images: 32, side: 16, channels: 64, features: 128 },
] as const;
type Sizes = (typeof SIZES)[number];

const CONVOLUTIONS = {
  convolution: {
    op: 'AtelierConv4x4',
    run:
      () =>
      ([large, , kernel]) =>
        tf.conv2d(at(large), at(kernel), 2, 'same'),
  },
  'transposed convolution': {
    op: 'AtelierConv4x4BackpropInput',
    run:
      ({ images, side, channels }) =>
      ([, small, kernel]) =>
        tf.conv2dTranspose(at(small), at(kernel), [images, side, side, channels], 2, 'same'),
  },
  "gradient of a convolution's kernel": {
    op: 'AtelierConv4x4BackpropFilter',
    run:
      () =>
      ([large, small, kernel]) =>
        tf
          .grad((weights) =>
            tf
              .conv2d(at(large), weights.as4D(...at(kernel).shape), 2, 'same')
              .mul(at(small))
              .sum(),
          )(at(kernel))
          .as4D(...at(kernel).shape),
  },
} satisfies Record<string, { op: string; run: (sizes: Sizes) => Convolution }>;

describe.each(Object.entries(CONVOLUTIONS))('%s', (_, { op, run }) => {
  it.runIf(hasOps).each(SIZES)('is what TensorFlow computes, to rounding: %o', (sizes) => {
    const inputs = inputsOf(sizes);
    const { graph, expected } = recorded(inputs, run(sizes));
    const replaced = withWinogradConvolutions(graph);

    expect(replaced.nodes.map((node) => node.op)).toContain(op);
    const values = valuesOf({ ...replaced, outputs: [replaced.output] }, inputs);
    expect(largestDifference(values, expected)).toBeLessThan(3e-6);
    expect(valuesOf({ ...replaced, outputs: [replaced.output] }, inputs)).toEqual(values);
    tf.dispose(inputs);
  });
});

it.each([
  ['channels that are no multiple of 16', { images: 1, side: 8, channels: 24, features: 16 }, 2],
  ['a side that is no multiple of 4', { images: 1, side: 6, channels: 16, features: 16 }, 2],
  ['another stride', { images: 1, side: 8, channels: 16, features: 16 }, 1],
] as const)('leaves %s to TensorFlow', (_, sizes, stride) => {
  const inputs = inputsOf(sizes);
  const { graph } = recorded(inputs, ([large, , kernel]) => tf.conv2d(at(large), at(kernel), stride, 'same'));
  expect(withWinogradConvolutions(graph)).toEqual(graph);
  tf.dispose(inputs);
});

it('leaves a kernel that is not 4x4 to TensorFlow', () => {
  const inputs = [
    tf.randomNormal([1, 8, 8, 16], 0, 1, 'float32', 1),
    tf.randomNormal([3, 3, 16, 16], 0, 1, 'float32', 2),
  ];
  const { graph } = recorded(
    inputs.map((tensor) => tensor as tf.Tensor4D),
    ([image, kernel]) => tf.conv2d(at(image), at(kernel), 2, 'same'),
  );
  expect(withWinogradConvolutions(graph)).toEqual(graph);
  tf.dispose(inputs);
});

interface AnySizes {
  readonly images: number;
  readonly side: number;
  readonly channels: number;
  readonly features: number;
}

/** The larger image, the smaller one and the kernel. */
function inputsOf({ images, side, channels, features }: AnySizes): tf.Tensor4D[] {
  const shapes: [number, number, number, number][] = [
    [images, side, side, channels],
    [images, side / 2, side / 2, features],
    [4, 4, channels, features],
  ];
  return shapes.map((shape, i) => tf.randomNormal(shape, 0, 1, 'float32', i + 1).as4D(...shape));
}

function at(tensor: tf.Tensor4D | undefined): tf.Tensor4D {
  if (tensor === undefined) throw new Error('three inputs');
  return tensor;
}

function recorded(
  inputs: readonly tf.Tensor4D[],
  run: Convolution,
): { graph: RecordedGraph; expected: Float32Array } {
  const { result, graph } = recordGraph(inputs, () => tf.tidy(() => run(inputs)));
  if ('problem' in graph) throw new Error(graph.problem);
  const expected = result.dataSync<'float32'>();
  result.dispose();
  return { graph, expected };
}
