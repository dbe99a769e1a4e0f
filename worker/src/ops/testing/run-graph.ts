import type * as tf from '@tensorflow/tfjs-node-gpu';
import { CompiledGraph } from '../../graph/compiled-graph.ts';
import type { GraphNode } from '../../graph/graph-proto.ts';
import { placeholderOf } from '../../graph/graph-recorder.ts';
import { nativeIdsOf, takeFloats } from '../../graph/native-backend.ts';
import type { GraphPart } from '../../graph/split-graph.ts';

/** The values of a graph's first output, computed once. */
export function valuesOf(part: GraphPart, inputs: readonly tf.Tensor[]): Float32Array {
  const compiled = new CompiledGraph(part);
  try {
    const [output = -1] = compiled.run(nativeIdsOf(inputs));
    return takeFloats(output);
  } finally {
    compiled.dispose();
  }
}

/** The values of one op's first output, for float32 inputs. */
export function runOp(node: Pick<GraphNode, 'op' | 'attr'>, inputs: readonly tf.Tensor[]): Float32Array {
  const placeholders = inputs.map(({ shape }, i) => placeholderOf(`input${i}`, { dtype: 1, shape }));
  const names = placeholders.map(({ name }) => name);
  const nodes = [...placeholders, { name: 'op', input: names, ...node }];
  return valuesOf({ nodes, inputs: names, outputs: ['op'] }, inputs);
}

/** The largest difference of two arrays of one length, in parts of the second's largest value. */
export function largestDifference(values: Float32Array, expected: Float32Array): number {
  const differences = values.map((value, i) => value - (expected[i] ?? Number.NaN));
  return largest(differences) / largest(expected);
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
