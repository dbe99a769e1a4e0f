import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyOf } from './keyed-random.ts';
import { Permutation } from './permutation.ts';

test('is a permutation for any key and any length', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer(), (length, seed) => {
      const permutation = new Permutation(keyOf(seed), length);
      const seen = new Set(Array.from({ length }, (_, position) => permutation.at(position)));
      expect(seen.size).toBe(length);
      expect(Math.min(...seen)).toBe(0);
      expect(Math.max(...seen)).toBe(length - 1);
    }),
    { numRuns: 200 },
  );
});

test('costs the same for a trillion examples: single positions, in range and distinct', () => {
  const length = 1e12;
  const permutation = new Permutation(keyOf('large'), length);
  const images = Array.from({ length: 2000 }, (_, i) => permutation.at(i * 499_999_999));
  expect(images.every((image) => Number.isInteger(image) && image >= 0 && image < length)).toBe(true);
  expect(new Set(images).size).toBe(images.length);
});

test('mixes: neighbours of one position land far apart, and two keys share few places', () => {
  const length = 60_000;
  const first = new Permutation(keyOf(1), length);
  const second = new Permutation(keyOf(2), length);
  const positions = Array.from({ length: 5000 }, (_, i) => i);
  const meanJump =
    positions.reduce((sum, i) => sum + Math.abs(first.at(i + 1) - first.at(i)), 0) / positions.length;
  expect(meanJump).toBeGreaterThan(length / 3.5);
  expect(meanJump).toBeLessThan(length / 2.6);
  expect(positions.filter((i) => first.at(i) === second.at(i)).length).toBeLessThan(10);
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('refuses length %s', (length) => {
  expect(() => new Permutation(keyOf(1), length)).toThrow(/length/);
});

test.each([-1, 10, 0.5])('refuses position %s of ten', (position) => {
  expect(() => new Permutation(keyOf(1), 10).at(position)).toThrow(/outside/);
});
