import type { RunEvent } from '@atelier/shared/events/run-event';
import { expect, it } from 'vitest';
import { eventRow } from './event-row.ts';

const stamp = { time: '2026-01-02T03:04:05.006Z', runId: 'r', sequence: 12 };

it.each<[RunEvent, string]>([
  [
    { ...stamp, type: 'worker.lost', worker: 'a-1', reason: 'silent' },
    '    12  2026-01-02 03:04:05  worker.lost         worker a-1 was lost: silent; other workers take over its work',
  ],
  [
    { ...stamp, type: 'step.committed', step: 3, iteration: 1, losses: { 'g/total': 0.5 } },
    '    12  2026-01-02 03:04:05  step.committed      step=3 iteration=1 losses={"g/total":0.5}',
  ],
])('tells an event in words, or by its fields', (event, text) => {
  expect(eventRow(event)).toBe(text);
});
