import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { legibilityOf } from './legibility.ts';

/** Ink on the left half. */
const contentNHWC = tf.concat([tf.ones([1, 4, 2, 1]), tf.fill([1, 4, 2, 1], -1)], 2) as tf.Tensor4D;

function painted(ink: readonly number[], paper: readonly number[]): tf.Tensor4D {
  const half = (colour: readonly number[]): tf.Tensor =>
    tf.tile(tf.tensor4d([...colour], [1, 1, 1, 3]), [1, 4, 2, 1]);
  return tf.concat([half(ink), half(paper)], 2) as tf.Tensor4D;
}

function scoreOf(imagesNHWC: tf.Tensor4D, reach?: number): number {
  return legibilityOf(contentNHWC, imagesNHWC, reach).dataSync()[0] ?? Number.NaN;
}

describe('legibilityOf', () => {
  it('is high for a light colour on a dark one, low for the reverse, and lower for one colour', () => {
    expect(scoreOf(painted([1, 1, 0], [-1, 0, 1]))).toBeGreaterThan(0.95);
    expect(scoreOf(painted([-1, 0, 1], [1, 1, 0]))).toBeLessThan(0.2);
    expect(scoreOf(painted([0.5, 0.5, 0], [0.5, 0.5, 0]))).toBeLessThan(0);
  });

  it('falls with texture and with faint contrast', () => {
    const clear = painted([1, 1, 1], [-1, -1, -1]);
    const checks = tf.tensor4d(
      Float32Array.from({ length: 48 }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 1 : -1)),
      [1, 4, 4, 3],
    );
    expect(scoreOf(tf.add(tf.mul(clear, 0.5), tf.mul(checks, 0.5)))).toBeLessThan(scoreOf(clear));
    expect(scoreOf(tf.mul(clear, 0.1))).toBeLessThan(0.6);
  });

  it('does not mind what paper looks like beyond its reach', () => {
    const clear = painted([1, 1, 1], [-1, -1, -1]);
    const wildAt = (column: number): tf.Tensor4D =>
      tf.add(
        clear,
        tf
          .oneHot(tf.fill([1, 4], column, 'int32'), 4)
          .mul([2])
          .reshape([1, 4, 4, 1]),
      );
    expect(scoreOf(wildAt(3), 1)).toBe(scoreOf(clear, 1));
    expect(scoreOf(wildAt(3))).toBeLessThan(scoreOf(clear));
    expect(scoreOf(wildAt(2), 1)).toBeLessThan(scoreOf(clear, 1));
  });
});
