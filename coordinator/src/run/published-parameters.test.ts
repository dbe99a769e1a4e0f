import { checksumOf } from '@atelier/proto/frames';
import { expect, it } from 'vitest';
import { PublishedParameters } from './published-parameters.ts';

it('keeps the bytes of a version under a pull while a commit changes the live ones', () => {
  const published = new PublishedParameters();
  const live = Uint8Array.of(1, 2, 3);
  const pulled = published.of('generator', 0, () => live);
  live.set([9, 9, 9]);
  expect(pulled.bytes).toEqual(Uint8Array.of(1, 2, 3));
  expect(pulled.crc32).toBe(checksumOf(Uint8Array.of(1, 2, 3)));
  expect(published.of('generator', 1, () => live).bytes).toEqual(Uint8Array.of(9, 9, 9));
  expect(pulled.bytes).toEqual(Uint8Array.of(1, 2, 3));
});

it('copies once for all pulls of a version, and for each group by itself', () => {
  const published = new PublishedParameters();
  const first = published.of('generator', 0, () => Uint8Array.of(1));
  expect(published.of('critic', 0, () => Uint8Array.of(2)).bytes).toEqual(Uint8Array.of(2));
  expect(published.of('generator', 0, () => Uint8Array.of(3))).toBe(first);
});
