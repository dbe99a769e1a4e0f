import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { opsProcessor } from '../engine/register-ops.ts';
import { ADD, elementwise, MEAN, NEG, type Pass, SOUND, SUM } from './testing/elementwise-pass.ts';
import { runOp } from './testing/run-graph.ts';

// Our graphs ask for nothing of this. Were an op to compute it all the same, it would read or write memory that is not
// its own, or end the process: whoever changes how graphs are made gets an error instead.

/** Without our ops there is nothing to run. */
const describeOps = describe.runIf(opsProcessor() !== undefined);

describeOps('an element-wise op', () => {
  it('computes a sound program', () => {
    expect(elementwise({ instructions: SOUND })).toEqual(new Float32Array(32).fill(-2));
  });

  it.each<[string, Pass]>([
    ['a kind of input that there is not', { instructions: SOUND, inputKinds: [0, 7] }],
    ['to read a sum, which has fewer elements', { instructions: [...SOUND, [NEG, 3, -1, 4]] }],
    ['to read a temporary that nothing was written to', { instructions: [[NEG, 4, -1, 2], ...SOUND] }],
    ['an output that nothing writes to', { instructions: [[SUM, 0, -1, 3]] }],
    ['a sum that is summed up twice', { instructions: [...SOUND, [MEAN, 0, -1, 3]] }],
    ['a place that is not there', { instructions: [[ADD, 0, 5, 2], ...SOUND] }],
    ['an output of negative sides', { instructions: SOUND, dims: [-4, -8, 8] }],
    ['an output of another size', { instructions: SOUND, dims: [4, 7, 8] }],
    ['more temporaries than it writes to', { instructions: SOUND, numTemporaries: 2 ** 40 }],
  ])('refuses %s', (_, pass) => {
    expect(() => elementwise(pass)).toThrow('the program of an element-wise op is not sound');
  });
});

describeOps('a convolution', () => {
  it.each([
    ['no images', [0, 8, 8, 16], [0, 4, 4, 16]],
    ['images without rows', [1, 0, 8, 16], [1, 0, 4, 16]],
    ['images without columns', [1, 8, 0, 16], [1, 4, 0, 16]],
    ['images without channels', [1, 8, 8, 0], [1, 4, 4, 16]],
    ['images without features', [1, 8, 8, 16], [1, 4, 4, 0]],
  ])('refuses %s, in each of its directions', (_, large, small) => {
    const kernel = [4, 4, large[3] ?? 0, small[3] ?? 0];
    for (const [op, ...shapes] of [
      ['AtelierConv4x4', large, kernel],
      ['AtelierConv4x4BackpropInput', kernel, small],
      ['AtelierConv4x4BackpropFilter', large, small],
    ] as const) {
      const inputs = shapes.map((shape) => tf.zeros([...shape]));
      expect(() => runOp({ op, attr: {} }, inputs)).toThrow('shapes are not those of a 4x4 convolution');
      tf.dispose(inputs);
    }
  });
});
