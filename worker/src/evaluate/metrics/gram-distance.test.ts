import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { gramsOf, relativeGramDistance } from './gram-distance.ts';

/** A picture of two places and two features: [[1, 2], [3, 4]]. */
const mapNHWC = tf.tensor4d([1, 2, 3, 4, 3, 4, 1, 2], [2, 1, 2, 2]);

describe('Gram matrices', () => {
  it('hold the mean product of every two features, wherever in the picture they are', () => {
    const [grams, turned] = gramsOf([mapNHWC]);
    expect(grams?.map((gram) => [...gram])).toEqual([[5, 7, 7, 10]]);
    expect(turned).toEqual(grams);
  });

  it('are compared in proportion to the reference', () => {
    const reference = [Float32Array.of(3, 0, 0, 4)];
    expect(relativeGramDistance(reference, reference)).toBe(0);
    expect(relativeGramDistance([Float32Array.of(0, 0, 0, 0)], reference)).toBe(1);
    expect(relativeGramDistance([Float32Array.of(9, 0, 0, 12)], reference)).toBe(2);
  });
});
