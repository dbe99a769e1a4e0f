import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { gramLoss } from './gram-loss.ts';
import { randomFeatures } from './random-features.ts';

const SIZE = 32;

function image(name: string): tf.Tensor4D {
  const values = normal(keyOf('gram', name), 2 * SIZE * SIZE * 3);
  return tf.tensor4d(
    values.map((value) => value / 2),
    [2, SIZE, SIZE, 3],
  );
}

function numberOf(value: tf.Tensor): number {
  return value.dataSync()[0] ?? Number.NaN;
}

const lossOf = (x: tf.Tensor4D, y: tf.Tensor4D): tf.Scalar => gramLoss(randomFeatures(x), randomFeatures(y));

describe('gramLoss in random features', () => {
  it('is 0 for the same, small for the same moved, and large for another texture', () => {
    const fine = image('fine');
    const moved = tf.concat([fine.slice([0, 0, 8], [2, SIZE, 24]), fine.slice([0, 0, 0], [2, SIZE, 8])], 2);
    const coarse = tf.image.resizeNearestNeighbor(fine.slice([0, 0, 0], [2, 8, 8]) as tf.Tensor4D, [
      SIZE,
      SIZE,
    ]);
    expect(numberOf(lossOf(fine, fine))).toBeLessThan(1e-3);
    const byMoving = numberOf(lossOf(moved as tf.Tensor4D, fine));
    expect(byMoving).toBeLessThan(0.2);
    expect(numberOf(lossOf(coarse, fine))).toBeGreaterThan(4 * byMoving);
  });

  it('is a share: 3 for features that are twice as strong', () => {
    const maps = randomFeatures(image('a'));
    expect(
      numberOf(
        gramLoss(
          maps.map((map) => tf.mul(map, 2)),
          maps,
        ),
      ),
    ).toBeCloseTo(3, 3);
  });

  it('has the gradient that finite differences give', () => {
    const [x, y] = [image('a'), tf.mul(image('b'), 2) as tf.Tensor4D];
    const direction = tf.sub<tf.Tensor4D>(y, x);
    const at = (t: number): number => numberOf(lossOf(tf.add(x, tf.mul(direction, t)), y));
    const slope = tf.grad((x4) => lossOf(x4 as tf.Tensor4D, y))(x);
    const expected = numberOf(tf.sum(tf.mul(slope, direction)));
    expect(Math.abs((at(1e-2) - at(-1e-2)) / 2e-2 - expected)).toBeLessThan(0.02 * Math.abs(expected));
  });

  it('draws the same filters every time', () => {
    const [first, second] = [randomFeatures(image('a')), randomFeatures(image('a'))];
    expect(first.map((map) => map.shape)).toEqual([30, 14, 6].map((side) => [2, side, side, 64]));
    for (const [i, map] of first.entries()) expect(map.dataSync()).toEqual(second[i]?.dataSync());
  });
});
