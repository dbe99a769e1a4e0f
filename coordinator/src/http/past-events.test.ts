import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsAfter, latestEvents } from './past-events.ts';

/** As many as fill several blocks: every tenth event is an epoch's end, the others are steps. */
function fileOf(numEvents: number, end = ''): string {
  const path = join(mkdtempSync(join(tmpdir(), 'events-')), 'events.jsonl');
  const lines = Array.from({ length: numEvents }, (_, sequence) => {
    const type = sequence % 10 === 9 ? 'epoch.completed' : 'step.committed';
    return `${JSON.stringify({ sequence, type, padding: 'é'.repeat(50) })}\n`;
  });
  writeFileSync(path, `${lines.join('')}${end}`);
  return path;
}

const sequences = (events: readonly { readonly sequence: number }[]) =>
  events.map(({ sequence }) => sequence);

describe('past events', () => {
  it('after a number are told completely and in order, over the blocks of the file', async () => {
    const expected = Array.from({ length: 4_990 }, (_, i) => i + 10);
    expect(sequences(await eventsAfter(fileOf(5_000), 9))).toEqual(expected);
  });

  it('after the last number are none, and after none are all', async () => {
    expect(await eventsAfter(fileOf(3), 2)).toEqual([]);
    expect(sequences(await eventsAfter(fileOf(3), -1))).toEqual([0, 1, 2]);
  });

  it('that were last are told without the steps', async () => {
    expect(sequences(await latestEvents(fileOf(5_000), 3))).toEqual([4_979, 4_989, 4_999]);
    expect(sequences(await latestEvents(fileOf(15), 3))).toEqual([9]);
  });

  it('do not hold what is not yet written, or was never written wholly', async () => {
    expect(sequences(await eventsAfter(fileOf(3, '{"sequence":3,"ty'), 0))).toEqual([1, 2]);
    expect(sequences(await eventsAfter(fileOf(3, '{"sequence":3,"ty\n{"sequence":4}\n'), 0))).toEqual([
      1, 2, 4,
    ]);
    expect(await eventsAfter(fileOf(0), 0)).toEqual([]);
  });
});
