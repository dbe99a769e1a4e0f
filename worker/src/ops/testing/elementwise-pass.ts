import * as tf from '@tensorflow/tfjs-node-gpu';
import type { GraphNode } from '../../graph/graph-proto.ts';
import { runOp } from './run-graph.ts';

/**
 * Of an image [4, 8] and a vector [8]. Places: 0 the image, 1 the vector, 2 an output of the image's size, 3 one of the
 * vector's, then the temporaries.
 */
export interface Pass {
  readonly instructions: readonly (readonly [number, number, number, number])[];
  readonly inputKinds?: readonly number[];
  readonly dims?: readonly number[];
  readonly numTemporaries?: number;
}

export const [ADD, NEG, SUM, MEAN] = [0, 4, 8, 9];

/** Adds the vector to the image, negates that, and sums it up. */
export const SOUND: Pass['instructions'] = [
  [ADD, 0, 1, 4],
  [NEG, 4, -1, 2],
  [SUM, 2, -1, 3],
];

/** What our op gives for an image and a vector of ones, without a check before it. */
export function elementwise(pass: Pass): Float32Array {
  const integers = (i: readonly number[]) => ({ list: { i } });
  const attr: GraphNode['attr'] = {
    N: { i: 2 },
    M: { i: 2 },
    input_kinds: integers(pass.inputKinds ?? [0, 1]),
    output_is_sum: integers([0, 1]),
    output_ranks: integers([2, 1]),
    output_dims: integers(pass.dims ?? [4, 8, 8]),
    size: { i: 32 },
    columns: { i: 8 },
    constants: { list: { f: [] } },
    num_temporaries: { i: pass.numTemporaries ?? 1 },
    program: integers(pass.instructions.flat()),
  };
  const inputs = [tf.ones([4, 8]), tf.ones([8])];
  try {
    return runOp({ op: 'AtelierElementwise', attr }, inputs);
  } finally {
    tf.dispose(inputs);
  }
}
