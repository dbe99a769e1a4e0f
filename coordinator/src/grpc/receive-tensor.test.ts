import { crc32 } from 'node:zlib';
import { memoryId } from '@atelier/shared/memory/memory-id';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import { describe, expect, it } from 'vitest';
import { type Frame, receiveBytes, receiveHeader, type TensorHeader } from './receive-tensor.ts';

const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const header = { numBytes: 8, crc32: crc32(bytes), segment: null };
const head: Frame<TensorHeader> = { body: 'header', header };
const data = (part: Uint8Array): Frame<TensorHeader> => ({ body: 'data', data: part });

async function receive(frames: readonly Frame<TensorHeader>[]): Promise<Uint8Array> {
  async function* stream() {
    yield* frames;
  }
  const iterator = stream();
  const target = new Uint8Array(8);
  await receiveBytes(iterator, await receiveHeader(iterator), {
    partAt: (at, numBytes) => target.subarray(at, at + numBytes),
  });
  return target;
}

it('joins the chunks in order, whatever their sizes', async () => {
  expect(
    await receive([head, data(bytes.subarray(0, 3)), data(bytes.subarray(3, 3)), data(bytes.subarray(3))]),
  ).toEqual(bytes);
});

describe.runIf(memoryId() !== '')('from a segment', () => {
  const memory = new SharedMemory({ onOff: () => {} });

  async function receiveLent(
    changes: Partial<TensorHeader>,
    more: readonly Frame<TensorHeader>[] = [],
    stampsBefore = 0,
  ): Promise<Uint8Array> {
    const lent = await memory.lendTo(memoryId(), bytes);
    if (lent === undefined) throw new Error('nothing was lent');
    try {
      const segment = { ...lent.name, stamp: lent.name.stamp - stampsBefore };
      const lying = { ...header, segment, ...changes };
      return await receive([{ body: 'header', header: lying }, ...more]);
    } finally {
      lent.release();
    }
  }

  it('takes the bytes', async () => {
    expect(await receiveLent({})).toEqual(bytes);
  });

  it('refuses what follows it, what was written after it, and what it cannot see', async () => {
    await expect(receiveLent({}, [data(bytes)])).rejects.toMatchObject({ code: 'bad-message' });
    await expect(receiveLent({}, [], 1)).rejects.toMatchObject({ code: 'overwritten' });
    const segment = { pid: process.pid, fd: 1_000_000, inode: 1, stamp: 1 };
    await expect(receiveLent({ segment })).rejects.toMatchObject({ code: 'unseen' });
  });
});

it.each([
  [
    'no message',
    [],
    'bad-message',
    'first message of the stream: got "the end of the stream", wanted "header"',
  ],
  [
    'data before the header',
    [data(bytes), head],
    'bad-message',
    'first message of the stream: got "data", wanted "header"',
  ],
  ['a second header', [head, head], 'bad-message', 'message after the header: got "header", wanted "data"'],
  ['an empty message', [head, {}], 'bad-message', 'message after the header: got "nothing", wanted "data"'],
  ['too few bytes', [head, data(bytes.subarray(1))], 'wrong-length', 'bytes received: got 7, wanted 8'],
  [
    'too many bytes',
    [head, data(bytes), data(bytes.subarray(7))],
    'wrong-length',
    'bytes received: got "at least 9", wanted 8',
  ],
  ['a changed byte', [head, data(bytes.with(2, 9))], 'wrong-checksum', `wanted ${header.crc32}`],
] as const)('refuses %s', async (_, frames, code, message) => {
  await expect(receive(frames)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});
