import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonlEventBus } from '@atelier/coordinator/events/jsonl-event-bus';
import { systemDisk } from '@atelier/shared/disk/system-disk';
import { EventFile } from '@atelier/shared/events/event-file';
import pino from 'pino';
import { expect, it } from 'vitest';
import { newFolder } from '../harness/toy-coordinator.ts';
import { allOf, describeEventBus, eventAt } from './event-bus.ts';

const log = pino({ level: 'silent' });

describeEventBus('JsonlEventBus', async () => {
  const path = join(newFolder(), 'events.jsonl');
  return {
    runId: 'a',
    open: async () => new JsonlEventBus(path, { disk: systemDisk, log }),
    source: new EventFile(path),
  };
});

it('goes on after a line that a kill cut short', async () => {
  const path = join(newFolder(), 'events.jsonl');
  const first = new JsonlEventBus(path, { disk: systemDisk, log });
  expect(first.lastSequence).toBeUndefined();
  first.publish(eventAt('a', 0));
  await first.close();
  appendFileSync(path, '{"sequence":1,"ty');
  const second = new JsonlEventBus(path, { disk: systemDisk, log });
  expect(second.lastSequence).toBe(0);
  second.publish(eventAt('a', 1));
  await second.close();
  expect(await allOf(new EventFile(path))).toEqual([eventAt('a', 0), eventAt('a', 1)]);
});

it('reads nothing where there is no file yet', async () => {
  expect(await allOf(new EventFile(join(newFolder(), 'events.jsonl')))).toEqual([]);
});
