import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import { CHUNK_ELEMENTS, slicesOf } from '@atelier/shared/layout/slices';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { fragmentsOf, tensorSumsOf } from './tensor-sums.ts';

const LAYOUT = flatLayoutOf([
  { name: 'scale', shape: [3] },
  { name: 'kernel', shape: [2, CHUNK_ELEMENTS] },
  { name: 'bias', shape: [5] },
]);

it('cuts tensors at the borders of chunks, and nowhere else', () => {
  expect(fragmentsOf(LAYOUT)).toEqual([
    { tensor: 0, offset: 0, size: 3 },
    { tensor: 1, offset: 3, size: CHUNK_ELEMENTS - 3 },
    { tensor: 1, offset: CHUNK_ELEMENTS, size: CHUNK_ELEMENTS },
    { tensor: 1, offset: 2 * CHUNK_ELEMENTS, size: 3 },
    { tensor: 2, offset: 2 * CHUNK_ELEMENTS + 3, size: 5 },
  ]);
});

it('has every element in one fragment, which no slice divides, whatever the tensors and however many the slices', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 3 * CHUNK_ELEMENTS }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 5 }), (shape, numReducers) => {
      const layout = flatLayoutOf(shape.map((size, i) => ({ name: `tensor-${i}`, shape: [size] })));
      const fragments = fragmentsOf(layout);
      let end = 0;
      for (const { tensor, offset, size } of fragments) {
        expect(offset).toBe(end);
        expect(size).toBeGreaterThan(0);
        end = offset + size;
        const whole = layout.tensors[tensor];
        expect(offset).toBeGreaterThanOrEqual(whole?.offset ?? Number.NaN);
        expect(end).toBeLessThanOrEqual((whole?.offset ?? Number.NaN) + (whole?.size ?? Number.NaN));
        const holders = slicesOf(layout.size, numReducers).filter(
          (slice) => slice.offset < end && slice.offset + slice.size > offset,
        );
        expect(holders).toHaveLength(1);
      }
      expect(end).toBe(layout.size);
    }),
  );
});

it("adds each tensor's fragments, sum by sum", () => {
  const sums = Float64Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50);
  expect(tensorSumsOf(LAYOUT, 2, sums)).toEqual(Float64Array.of(1, 10, 2 + 3 + 4, 20 + 30 + 40, 5, 50));
  expect(tensorSumsOf(LAYOUT, 0, new Float64Array())).toEqual(new Float64Array());
  expect(() => tensorSumsOf(LAYOUT, 2, sums.subarray(2))).toThrow(
    '8 sums of fragments, but 5 fragments have 10',
  );
});
