import { checksumOf } from '@atelier/proto/frames';
import { reducerService } from '@atelier/proto/services';
import { memoryId } from '@atelier/shared/memory/memory-id';
import { atOnce } from '@atelier/shared/memory/pauses';
import { readSegment } from '@atelier/shared/memory/segment';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import { describe, expect, it } from 'vitest';
import type { PublishedBytes } from './published-bytes.ts';
import { PublishedParameters } from './published-parameters.ts';

function sentOf({ messages }: PublishedBytes): number[] {
  const { responseSerialize, responseDeserialize } = reducerService.PullParameters;
  return messages.flatMap((message) => [...(responseDeserialize(responseSerialize(message)).data ?? [])]);
}

function of(published: PublishedParameters, name: string, version: number, read: () => Uint8Array) {
  return published.of({ name, version, read, byMemory: false });
}

it('keeps the bytes of a version under a pull while a commit changes the live ones', () => {
  const published = new PublishedParameters();
  const live = Uint8Array.of(1, 2, 3);
  const pulled = of(published, 'generator', 0, () => live);
  const end = pulled.read();
  live.set([9, 9, 9]);
  expect(sentOf(pulled)).toEqual([1, 2, 3]);
  expect(pulled.crc32).toBe(checksumOf(Uint8Array.of(1, 2, 3)));
  expect(sentOf(of(published, 'generator', 1, () => live))).toEqual([9, 9, 9]);
  expect(sentOf(pulled)).toEqual([1, 2, 3]);
  end();
});

it('copies once for all pulls of a version, and for each group by itself', () => {
  const published = new PublishedParameters();
  const first = of(published, 'generator', 0, () => Uint8Array.of(1));
  expect(sentOf(of(published, 'critic', 0, () => Uint8Array.of(2)))).toEqual([2]);
  expect(of(published, 'generator', 0, () => Uint8Array.of(3))).toBe(first);
});

it('puts a version where the one before was, when nobody reads that any more', () => {
  const published = new PublishedParameters();
  const memoryOf = ({ messages }: PublishedBytes) => messages[0]?.encoded.buffer;
  const first = of(published, 'generator', 0, () => Uint8Array.of(1, 2));
  const [one, other] = [first.read(), first.read()];
  one();
  const second = of(published, 'generator', 1, () => Uint8Array.of(3, 4));
  expect(memoryOf(second)).not.toBe(memoryOf(first));
  other();
  second.read()();
  const third = of(published, 'generator', 2, () => Uint8Array.of(5, 6));
  expect(memoryOf(third)).toBe(memoryOf(second));
  expect(sentOf(third)).toEqual([5, 6]);
});

describe.runIf(memoryId() !== '')('pulls by memory', () => {
  const open = () => new PublishedParameters(new SharedMemory({ onOff: () => {} }));
  const named = (version: number, live: Uint8Array) =>
    ({ name: 'generator', version, read: () => live, byMemory: true }) as const;

  function readOf({ segment, numBytes }: PublishedBytes): number[] {
    const target = new Uint8Array(numBytes);
    if (segment === null) throw new Error('it is in no segment');
    atOnce(readSegment(segment, numBytes, (at, size) => target.subarray(at, at + size)));
    return [...target];
  }

  it('find a copy in a segment, the same for all of a version', () => {
    const published = open();
    const live = Uint8Array.of(1, 2, 3);
    const pulled = published.of(named(0, live));
    expect(pulled.messages).toEqual([]);
    expect(published.of(named(0, Uint8Array.of(7)))).toBe(pulled);
    live.fill(9);
    expect(readOf(pulled)).toEqual([1, 2, 3]);
    published.close();
  });

  it('find a version where it was while the next one is pulled, and another one there after that', () => {
    const published = open();
    const first = published.of(named(0, Uint8Array.of(1, 2)));
    const second = published.of(named(1, Uint8Array.of(3, 4)));
    expect(readOf(first)).toEqual([1, 2]);
    const third = published.of(named(2, Uint8Array.of(5, 6)));
    expect(third.segment?.fd).toBe(first.segment?.fd);
    expect(() => readOf(first)).toThrow('stamp of the segment');
    expect(readOf(second)).toEqual([3, 4]);
    expect(readOf(third)).toEqual([5, 6]);
    published.close();
  });

  it('are answered by gRPC once memory does not work', () => {
    const memory = new SharedMemory({ onOff: () => {} });
    const published = new PublishedParameters(memory);
    memory.turnOff('no room');
    const pulled = published.of(named(0, Uint8Array.of(1, 2)));
    expect(pulled.segment).toBeNull();
    expect(sentOf(pulled)).toEqual([1, 2]);
  });
});
