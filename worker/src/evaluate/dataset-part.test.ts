import { expect, it } from 'vitest';
import type { Dataset } from '../data/dataset.ts';
import { heldOutPart } from './dataset-part.ts';

/** Every "image" is its example's number. */
const whole: Dataset = {
  name: 'numbers',
  numExamples: 10,
  digest: 'abc',
  shape: { size: 1, channels: 1 },
  labels: Uint8Array.from({ length: 10 }, (_, i) => i),
  read: (indices) => Promise.resolve(Float32Array.from(indices)),
  close: () => Promise.resolve(),
};

it('cuts a set in two that share no example and leave none out, with their labels', async () => {
  const parts = (['validation', 'test'] as const).map((part) => heldOutPart(whole, part));
  const read = await Promise.all(
    parts.map((part) => part.read(Array.from({ length: part.numExamples }, (_, i) => i))),
  );
  expect(read.map((numbers) => [...numbers])).toEqual([
    [0, 4, 8],
    [1, 2, 3, 5, 6, 7, 9],
  ]);
  expect(parts.map(({ labels }) => [...(labels ?? [])])).toEqual(read.map((numbers) => [...numbers]));
  expect(new Set([whole, ...parts].map(({ digest }) => digest)).size).toBe(3);
});
