import { afterAll, beforeAll } from 'vitest';
import { DeliveredRun } from '../harness/delivered-run.ts';
import { type NatsServer, startNats } from '../harness/servers/nats-server.ts';
import { describeEventBus } from './event-bus.ts';

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats[Symbol.asyncDispose]());

describeEventBus('NatsEventBus', async () => {
  const run = new DeliveredRun(nats.url);
  // So that the stream is there for those who follow it.
  await (await run.open()).close();
  return { runId: run.runId, open: () => run.open(), source: run.server };
});
