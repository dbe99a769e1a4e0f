import type { RunEvent } from '@atelier/shared/events/run-event';
import { systemClock } from '@atelier/shared/time/system-clock';
import { expect, it } from 'vitest';
import { EventLog } from './event-log.ts';

it('numbers the events, publishes them on every bus, and tells its listeners until they leave', async () => {
  const published: string[] = [];
  const busCalled = (name: string) => ({
    publish: (event: RunEvent) => void published.push(`${name} ${event.sequence} ${event.type}`),
    close: async () => void published.push(`${name} closed`),
  });
  const events = new EventLog(
    { runId: 'r', firstSequence: 7 },
    { buses: [busCalled('file'), busCalled('server')], clock: systemClock },
  );
  const heard: RunEvent[] = [];
  const leave = events.subscribe((event) => heard.push(event));
  events.record({ type: 'run.paused', step: 1 });
  leave();
  events.record({ type: 'run.resumed', step: 1 });
  await events.close();
  expect(published).toEqual([
    'file 7 run.paused',
    'server 7 run.paused',
    'file 8 run.resumed',
    'server 8 run.resumed',
    'file closed',
    'server closed',
  ]);
  expect(heard).toMatchObject([{ type: 'run.paused', runId: 'r', sequence: 7 }]);
});
