import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { JsonlEventBus } from '@atelier/coordinator/events/jsonl-event-bus';
import { NatsEventBus } from '@atelier/coordinator/events/nats-event-bus';
import { runTokenOf } from '@atelier/shared/events/event-subject';
import { NatsEventSource } from '@atelier/shared/events/nats-event-source';
import pino from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { type NatsServer, startNats } from '../harness/servers/nats-server.ts';
import { newFolder } from '../harness/toy-coordinator.ts';
import { describeEventBus } from './event-bus.ts';

const log = pino({ level: process.env['ATELIER_TEST_LOG'] ?? 'silent' });

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats[Symbol.asyncDispose]());

describeEventBus('NatsEventBus', async () => {
  const folder = newFolder();
  const spool = {
    events: join(folder, 'events.jsonl'),
    cursor: join(folder, 'events-delivered.json'),
    maxWaiting: 1_000,
  };
  const server = { url: nats.url };
  const run = { name: 'contract', runId: randomUUID() };
  const open = async () => {
    const file = new JsonlEventBus(spool.events, { log });
    const bus = await NatsEventBus.open({ ...spool, server, run }, { log });
    return {
      publish: (event: Parameters<typeof bus.publish>[0]) => {
        file.publish(event);
        bus.publish(event);
      },
      close: async () => {
        await file.close();
        await bus.close();
      },
    };
  };
  await (await open()).close();
  return { runId: run.runId, open, source: new NatsEventSource(server, runTokenOf(run)) };
});
