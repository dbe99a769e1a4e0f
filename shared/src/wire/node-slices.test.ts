import { expect, it } from 'vitest';
import { CHUNK_ELEMENTS } from '../layout/slices.ts';
import { cutNode, wordsOf } from './node-slices.ts';

it.each(['f32', 'bf16'] as const)('%s is cut into slices that join to the node, the others last', (wire) => {
  const gradientSize = 2 * CHUNK_ELEMENTS + 7;
  const bytes = Uint8Array.from({ length: 4 * (wordsOf(wire, gradientSize) + 3) }, (_, i) => i * 31);
  const { slices, others } = cutNode(bytes, { wire, gradientSize, numReducers: 5 });
  expect(others.byteLength).toBe(12);
  expect(slices.map(({ byteLength }) => byteLength / 4)).toEqual(
    [0, CHUNK_ELEMENTS, 0, CHUNK_ELEMENTS, 7].map((size) => wordsOf(wire, size)),
  );
  expect(Buffer.concat([...slices, others]).equals(bytes)).toBe(true);
});
