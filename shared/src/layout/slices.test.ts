import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHUNK_ELEMENTS, piecesOf, slicesOf } from './slices.ts';

it('slices join to the whole, begin at chunks, and differ by no more than one chunk', () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.integer({ min: 1, max: 9 }), (size, count) => {
      const slices = slicesOf(size, count);
      let end = 0;
      for (const slice of slices) {
        expect(slice.offset).toBe(end);
        if (slice.size > 0) expect(slice.offset % CHUNK_ELEMENTS).toBe(0);
        end += slice.size;
      }
      expect(end).toBe(size);
      const sizes = slices.map((slice) => Math.ceil(slice.size / CHUNK_ELEMENTS));
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(
        slices.flatMap(({ offset, size: part }) =>
          piecesOf(part, CHUNK_ELEMENTS).map((c) => c.offset + offset),
        ),
      ).toEqual(piecesOf(size, CHUNK_ELEMENTS).map(({ offset }) => offset));
    }),
  );
});
