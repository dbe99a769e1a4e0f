import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '@atelier/shared/events/run-event';
import pino from 'pino';
import { expect, it } from 'vitest';
import { EventLog } from './event-log.ts';

const log = pino({ level: 'silent' });
const newPath = () => join(mkdtempSync(join(tmpdir(), 'event-log-')), 'events.jsonl');

it('goes on counting after a restart, even after a line that was cut short', async () => {
  const path = newPath();
  const first = new EventLog({ path, runId: 'r' }, { log });
  first.record({ type: 'run.paused', step: 1 });
  first.record({ type: 'run.resumed', step: 1 });
  await first.close();
  appendFileSync(path, '{"sequence":2,"ty');

  const second = new EventLog({ path, runId: 'r' }, { log });
  second.record({ type: 'run.completed', step: 2 });
  await second.close();

  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(JSON.parse(lines[3] ?? '')).toMatchObject({ type: 'run.completed', runId: 'r', sequence: 2 });
});

it('tells its listeners until they leave', () => {
  const events = new EventLog({ path: newPath(), runId: 'r' }, { log });
  const heard: RunEvent[] = [];
  const leave = events.subscribe((event) => heard.push(event));
  events.record({ type: 'run.paused', step: 1 });
  leave();
  events.record({ type: 'run.resumed', step: 1 });
  expect(heard.map(({ type }) => type)).toEqual(['run.paused']);
});
