import type { RunEvent } from '@atelier/shared/events/run-event';
import { eventLine } from './event-line.ts';

const TYPE_WIDTH = 'checkpoint.damaged'.length;

/** An event as one line of a list: its number, when, what, and the rest in words or as fields. */
export function eventRow(event: RunEvent): string {
  const { time, runId: _, sequence, type, ...fields } = event;
  const words = Object.entries(fields).map(
    ([field, value]) => `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [
    String(sequence).padStart(6),
    time.slice(0, 19).replace('T', ' '),
    type.padEnd(TYPE_WIDTH),
    eventLine(event) ?? words.join(' '),
  ].join('  ');
}
