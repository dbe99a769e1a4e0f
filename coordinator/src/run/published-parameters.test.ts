import { checksumOf } from '@atelier/proto/frames';
import { reducerService } from '@atelier/proto/services';
import { expect, it } from 'vitest';
import { type PublishedBytes, PublishedParameters } from './published-parameters.ts';

function sentOf({ messages }: PublishedBytes): number[] {
  const { responseSerialize, responseDeserialize } = reducerService.PullParameters;
  return messages.flatMap((message) => [...(responseDeserialize(responseSerialize(message)).data ?? [])]);
}

it('keeps the bytes of a version under a pull while a commit changes the live ones', () => {
  const published = new PublishedParameters();
  const live = Uint8Array.of(1, 2, 3);
  const pulled = published.of('generator', 0, () => live);
  const end = pulled.read();
  live.set([9, 9, 9]);
  expect(sentOf(pulled)).toEqual([1, 2, 3]);
  expect(pulled.crc32).toBe(checksumOf(Uint8Array.of(1, 2, 3)));
  expect(sentOf(published.of('generator', 1, () => live))).toEqual([9, 9, 9]);
  expect(sentOf(pulled)).toEqual([1, 2, 3]);
  end();
});

it('copies once for all pulls of a version, and for each group by itself', () => {
  const published = new PublishedParameters();
  const first = published.of('generator', 0, () => Uint8Array.of(1));
  expect(sentOf(published.of('critic', 0, () => Uint8Array.of(2)))).toEqual([2]);
  expect(published.of('generator', 0, () => Uint8Array.of(3))).toBe(first);
});

it('puts a version where the one before was, when nobody reads that any more', () => {
  const published = new PublishedParameters();
  const memoryOf = ({ messages }: PublishedBytes) => messages[0]?.encoded.buffer;
  const first = published.of('generator', 0, () => Uint8Array.of(1, 2));
  const [one, other] = [first.read(), first.read()];
  one();
  const second = published.of('generator', 1, () => Uint8Array.of(3, 4));
  expect(memoryOf(second)).not.toBe(memoryOf(first));
  other();
  second.read()();
  const third = published.of('generator', 2, () => Uint8Array.of(5, 6));
  expect(memoryOf(third)).toBe(memoryOf(second));
  expect(sentOf(third)).toEqual([5, 6]);
});
