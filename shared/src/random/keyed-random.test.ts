import { expect, test } from 'vitest';
import { keyOf, normal, uniform } from './keyed-random.ts';

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test('a shorter draw is the beginning of a longer one', () => {
  const key = keyOf(1, 'noise', 0, 0, 'z');
  expect([...uniform(key, 7)]).toEqual([...uniform(key, 100).subarray(0, 7)]);
  expect([...normal(key, 7)]).toEqual([...normal(key, 100).subarray(0, 7)]);
});

test('each part of a key matters, also where the parts only meet differently', () => {
  const keys = [
    keyOf(1, 'noise', 12),
    keyOf(1, 'noise', 1, 2),
    keyOf(12, 'noise'),
    keyOf(2, 'noise', 12),
    keyOf('1', 'noise', 12),
  ];
  expect(new Set(keys.map(String)).size).toBe(keys.length);
});

test('uniform numbers fill [0, 1) evenly', () => {
  const values = uniform(keyOf('uniform'), 100_000);
  expect(Math.min(...values.subarray(0, 50_000))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values.subarray(0, 50_000))).toBeLessThan(1);
  expect(mean(values)).toBeCloseTo(0.5, 2);
});

test('normal numbers have mean 0, variance 1 and the tails of a normal', () => {
  const values = normal(keyOf('normal'), 100_000);
  expect(mean(values)).toBeCloseTo(0, 1.5);
  expect(mean(values.map((value) => value * value))).toBeCloseTo(1, 1);
  const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / values.length;
  expect(beyondTwo).toBeCloseTo(0.0455, 2);
  expect(values.every(Number.isFinite)).toBe(true);
});
