import { open } from 'node:fs/promises';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { linesFromEnd } from '@atelier/shared/lines-from-end';
import { parsedJson } from '@atelier/shared/text/parsed-json';

/** Nobody is told what lies further back: who was away for so long looks at the file. */
const MOST_BYTES = 4 * 1024 * 1024;

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
    for await (const line of linesFromEnd(file, MOST_BYTES)) yield* eventOf(line);
  } finally {
    await file.close();
  }
}

/** A line that a kill cut short is no event. */
function eventOf(line: string): RunEvent[] {
  const event = parsedJson(line);
  return event === undefined ? [] : [event as RunEvent];
}
