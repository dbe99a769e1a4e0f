import { NatsEventSource } from '@atelier/shared/events/nats-event-source';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { startNats } from '../harness/servers/nats-server.ts';
import { undisturbed } from '../harness/undisturbed.ts';

it('a run whose event server and coordinator are killed has the same bits, and each event once and in order', async () => {
  await using nats = await startNats();
  await using cluster = await Cluster.start({ events: { server: nats.url } });
  await cluster.joinWorker('worker');
  await cluster.untilCommits(15);
  await nats.kill();
  await cluster.untilCommits(10);
  await cluster.coordinator.kill();
  await cluster.startCoordinator();
  await cluster.untilCommits(10);
  await cluster.whilePaused(() => nats.restart());
  await cluster.untilCommits(10);
  await cluster.coordinator.kill();
  await cluster.startCoordinator();

  expect(await cluster.finish()).toEqual(await undisturbed());
  const delivered: RunEvent[] = [];
  for await (const event of new NatsEventSource({ url: nats.url }, 'faults').read()) delivered.push(event);
  expect(delivered).toEqual(cluster.run.events);
});
