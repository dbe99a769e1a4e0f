import { keyOf, normal, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { augmentations, augmentNoise, diffAugment } from './diff-augment.ts';

const SIDE = 16;
const images = tf.tensor4d(normal(keyOf('augment', 'images'), 2 * SIDE * SIDE * 3), [2, SIDE, SIDE, 3]);

/** Noise in which nothing happens but what `changes` says. */
function noiseWith(changes: Readonly<Record<number, number>>): tf.Tensor {
  const still = [0.5, 0.5, 0.5, 0.5, 0.5, 0, 0];
  const row = still.map((value, i) => changes[i] ?? value);
  return tf.tensor2d([row, row]);
}

function numberOf(value: tf.Tensor): number {
  return value.dataSync()[0] ?? Number.NaN;
}

describe('diffAugment', () => {
  it('changes colours as it is told: brightness, saturation, contrast', () => {
    const bright = diffAugment(images, noiseWith({ 0: 0.75 }), ['colour']);
    expect(numberOf(tf.max(tf.abs(tf.sub(tf.sub(bright, images), 0.25))))).toBeLessThan(1e-5);
    const grey = diffAugment(images, noiseWith({ 1: 0 }), ['colour']);
    expect(numberOf(tf.max(tf.abs(tf.sub(grey, tf.mean(images, 3, true)))))).toBeLessThan(1e-5);
    const faint = diffAugment(images, noiseWith({ 2: 0 }), ['colour']);
    const mean = tf.mean(images, [1, 2, 3], true);
    const expected = tf.add(mean, tf.mul(tf.sub(images, mean), 0.5));
    expect(numberOf(tf.max(tf.abs(tf.sub(faint, expected))))).toBeLessThan(1e-5);
  });

  it('moves by an eighth of the side at most, and brings in zeros', () => {
    expect(diffAugment(images, noiseWith({}), ['translation']).dataSync()).toEqual(images.dataSync());
    const moved = diffAugment(images, noiseWith({ 3: 0, 4: 0.999 }), ['translation']);
    const kept = [2, 14, 14, 3] as const;
    const there = tf.slice(moved, [0, 2, 0, 0], [...kept]);
    expect(there.dataSync()).toEqual(tf.slice(images, [0, 0, 2, 0], [...kept]).dataSync());
    expect(numberOf(tf.sum(tf.abs(tf.slice(moved, [0, 0], [2, 2]))))).toBe(0);
  });

  it('cuts out a square of half the side, at the border the part of it that is inside', () => {
    const numGone = (place: number): number =>
      numberOf(tf.sum(tf.equal(diffAugment(images, noiseWith({ 5: place, 6: 0.5 }), ['cutout']), 0)));
    expect(numGone(0.5)).toBe(2 * 8 * 8 * 3);
    expect(numGone(0)).toBe(2 * 4 * 8 * 3);
    expect(numGone(0.999)).toBe(2 * 4 * 8 * 3);
  });

  it('lets the gradient through that finite differences give, a second time too', () => {
    const noise = tf.tensor2d(uniform(keyOf('augment', 'noise'), 14), [2, 7]);
    expect(augmentNoise(2).shape).toEqual(noise.shape);
    const direction = tf.tensor4d(normal(keyOf('augment', 'direction'), images.size), images.shape);
    const lossOf = (x: tf.Tensor): tf.Scalar => {
      const shown = diffAugment(x as tf.Tensor4D, noise, augmentations);
      return tf.mean(tf.mul(tf.square(shown), shown));
    };
    const slopeOf = (x: tf.Tensor): tf.Tensor => tf.grad(lossOf)(x);
    const penaltyOf = (x: tf.Tensor): tf.Scalar => tf.sum(tf.square(slopeOf(x)));
    for (const of of [lossOf, penaltyOf]) {
      const at = (t: number): number => numberOf(of(tf.add(images, tf.mul(direction, t))));
      const expected = numberOf(tf.sum(tf.mul(tf.grad(of)(images), direction)));
      expect(Math.abs((at(1e-3) - at(-1e-3)) / 2e-3 / expected - 1)).toBeLessThan(0.03);
    }
  });
});
