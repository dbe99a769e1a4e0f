import { expect, it } from 'vitest';
import { freeNow } from './free-now.ts';

it('frees the memory of an array without a collection', () => {
  const size = 64 * 2 ** 20;
  const array = new Uint8Array(size);
  // What a collection frees meanwhile makes the difference no smaller, and the array is in use.
  const before = process.memoryUsage().arrayBuffers;
  freeNow([array]);
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThanOrEqual(size);
  expect(array).toHaveLength(0);
});

it('leaves a view of a part of a buffer alone', () => {
  const whole = new Uint8Array(8);
  expect(() => freeNow([whole.subarray(4)])).toThrow(TypeError);
  expect(whole).toHaveLength(8);
});
