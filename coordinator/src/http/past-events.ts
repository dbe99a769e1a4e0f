import { type FileHandle, open } from 'node:fs/promises';
import type { RunEvent } from '@atelier/shared/events/run-event';

const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
/** Nobody is told what lies further back: who was away for so long looks at the file. */
const MOST_BYTES = 16 * BLOCK_BYTES;

/** The last events but the steps, oldest first. */
export async function latestEvents(path: string, count: number): Promise<RunEvent[]> {
  const latest: RunEvent[] = [];
  for await (const event of eventsBackwards(path)) {
    if (event.type !== 'step.committed') latest.push(event);
    if (latest.length === count) break;
  }
  return latest.reverse();
}

/** Every event after the one of this number, oldest first. */
export async function eventsAfter(path: string, sequence: number): Promise<RunEvent[]> {
  const missed: RunEvent[] = [];
  for await (const event of eventsBackwards(path)) {
    if (event.sequence <= sequence) break;
    missed.push(event);
  }
  return missed.reverse();
}

async function* eventsBackwards(path: string): AsyncGenerator<RunEvent> {
  const file = await open(path, 'r');
  try {
    for await (const line of linesBackwards(file)) yield* eventOf(line);
  } finally {
    await file.close();
  }
}

async function* linesBackwards(file: FileHandle): AsyncGenerator<string> {
  const { size } = await file.stat();
  const least = Math.max(0, size - MOST_BYTES);
  let beginning: Buffer = Buffer.alloc(0);
  for (let end = size; end > least; ) {
    const start = Math.max(least, end - BLOCK_BYTES);
    const block = Buffer.alloc(end - start);
    await file.read(block, 0, block.length, start);
    let bytes = Buffer.concat([block, beginning]);
    for (let at = bytes.lastIndexOf(NEWLINE); at >= 0; at = bytes.lastIndexOf(NEWLINE)) {
      yield bytes.toString('utf8', at + 1);
      bytes = bytes.subarray(0, at);
    }
    beginning = bytes;
    end = start;
  }
  // Of the oldest block it may be the second half of a line.
  if (least === 0) yield beginning.toString('utf8');
}

/** A line that a kill cut short is no event. */
function eventOf(line: string): RunEvent[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as RunEvent];
  } catch {
    return [];
  }
}
