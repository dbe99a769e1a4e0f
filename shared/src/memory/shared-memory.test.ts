import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryId } from './memory-id.ts';
import { SharedMemory } from './shared-memory.ts';

const bytes = Uint8Array.of(1, 2, 3);
const quiet = { onOff: () => {} };

it('is shared with nobody where it is not wanted', async () => {
  const memory = new SharedMemory({ ...quiet, isWanted: false });
  expect(memory.id).toBe('');
  expect(memory.isSharedWith('')).toBe(false);
  expect(await memory.lendTo(memory.id, bytes)).toBeUndefined();
});

describe.runIf(memoryId() !== '')('memory of one machine', () => {
  it('is lent to those who share it, and to nobody else', async () => {
    const memory = new SharedMemory(quiet);
    expect(await memory.lendTo('another machine', bytes)).toBeUndefined();
    const first = await memory.lendTo(memoryId(), bytes);
    const second = await memory.lendTo(memoryId(), bytes);
    expect(first?.name.fd).not.toBe(second?.name.fd);
    first?.release();
    const third = await memory.lendTo(memoryId(), bytes);
    expect(third?.name).toMatchObject({ fd: first?.name.fd, stamp: 2 });
    for (const lent of [second, third]) lent?.release();
    memory.close();
    expect(existsSync(`/proc/self/fd/${third?.name.fd}`)).toBe(false);
  });

  it('is shared with nobody once it was turned off, and says why once', async () => {
    const reasons: string[] = [];
    const memory = new SharedMemory({ onOff: (reason) => reasons.push(reason) });
    const lent = await memory.lendTo(memory.id, bytes);
    memory.turnOff('the first');
    memory.turnOff('the second');
    expect(reasons).toEqual(['the first']);
    expect(await memory.lendTo(memoryId(), bytes)).toBeUndefined();
    expect(existsSync(`/proc/self/fd/${lent?.name.fd}`)).toBe(true);
    lent?.release();
    expect(existsSync(`/proc/self/fd/${lent?.name.fd}`)).toBe(false);
  });
});
