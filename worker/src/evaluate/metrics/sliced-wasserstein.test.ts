import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { slicedWasserstein, slicesOf } from './sliced-wasserstein.ts';

const SIZE = 16;
const noise = uniform(keyOf('picture'), SIZE * SIZE * 3).map((value) => value - 0.5);

/** One distance between two pictures. */
function between(a: Float32Array, b: Float32Array): number {
  const [first = [], second = []] = slicesOf({ pixels: Float32Array.of(...a, ...b), count: 2, size: SIZE });
  return slicedWasserstein(first, second);
}

/** Every row and column moved on, round the edge. */
function rolled(picture: Float32Array, by: number): Float32Array {
  return picture.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const [y, x] = [(Math.floor(pixel / SIZE) + by) % SIZE, (pixel + by) % SIZE];
    return picture[(y * SIZE + x) * 3 + channel] ?? 0;
  });
}

describe('slicedWasserstein', () => {
  it('grows as a picture is shifted in colour, in proportion, and is the same both ways', () => {
    const shifted = (by: number): Float32Array => noise.map((value) => value + by);
    const [little, much] = [between(noise, shifted(0.1)), between(noise, shifted(0.3))];
    expect(between(noise, noise)).toBeCloseTo(0, 6);
    const [own = []] = slicesOf({ pixels: noise, count: 1, size: SIZE });
    expect(slicedWasserstein(own, own)).toBe(0);
    expect(little).toBeGreaterThan(0.03);
    expect(much / little).toBeCloseTo(3, 2);
    expect(between(shifted(0.1), noise)).toBeCloseTo(little, 6);
  });

  it('does not care where things are, and does what they are like', () => {
    // Whole periods lie within what is seen, at both sizes: the same patches in another order.
    const stripes = noise.map((_, i) => Math.sin((Math.PI / 2) * (Math.floor(i / 3) % SIZE)) / 2);
    expect(between(stripes, rolled(stripes, 6))).toBeCloseTo(0, 6);
    expect(between(stripes, noise)).toBeGreaterThan(0.1);
  });

  it('is what an unshuffled computation gives for flat pictures: the colours, seen along unit vectors', () => {
    const flat = (value: number): Float32Array => new Float32Array(SIZE * SIZE * 3).fill(value);
    // The sum of a unit vector of 75 random elements is about normal: E|sum| = sqrt(2 / pi) = 0.80, at each scale.
    expect(between(flat(0), flat(1))).toBeGreaterThan(1.2);
    expect(between(flat(0), flat(1))).toBeLessThan(2);
  });

  it('leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    between(noise, noise);
    expect(tf.memory().numTensors).toBe(before);
  });
});
