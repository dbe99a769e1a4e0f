import { expect, it } from 'vitest';
import { freeNow } from './free-now.ts';

it('frees the memory of an array without a collection', () => {
  const size = 64 * 2 ** 20;
  const before = process.memoryUsage().arrayBuffers;
  const array = new Uint8Array(size);
  expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThanOrEqual(size);
  freeNow([array]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size);
  expect(array).toHaveLength(0);
});

it('leaves a view of a part of a buffer alone', () => {
  const whole = new Uint8Array(8);
  expect(() => freeNow([whole.subarray(4)])).toThrow(TypeError);
  expect(whole).toHaveLength(8);
});
