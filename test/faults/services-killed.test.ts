import { listCheckpoints, verifyCheckpoint } from '@atelier/shared/checkpoint/checkpoint-reader';
import { NatsEventSource } from '@atelier/shared/events/nats-event-source';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { storesOf } from '../harness/run-result.ts';
import { environmentFor, rootClient } from '../harness/servers/minio-bucket.ts';
import { startMinio } from '../harness/servers/minio-server.ts';
import { startNats } from '../harness/servers/nats-server.ts';
import { undisturbed } from '../harness/undisturbed.ts';

it('a run whose NATS and MinIO are killed together has the same bits, each event once and in order, and every checkpoint verified', async () => {
  await using nats = await startNats();
  await using minio = await startMinio();
  await rootClient(minio).makeBucket('runs');
  // The processes of a cluster inherit it.
  Object.assign(process.env, environmentFor(minio));
  await using cluster = await Cluster.start({
    checkpoint: { store: 's3://runs/both', everyIterations: 10, keepLast: 3 },
    events: { server: nats.url },
  });
  cluster.startWorker('a');
  cluster.startWorker('b');
  await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 20);
  const failed = cluster.untilEvent('checkpoint.failed');
  await Promise.all([nats.kill(), minio.kill()]);
  await failed;
  await cluster.untilCommits(10);
  const saved = cluster.untilEvent('checkpoint.saved');
  await cluster.whilePaused(() => Promise.all([nats.restart(), minio.restart()]));
  await saved;

  expect(await cluster.finish()).toEqual(await undisturbed());
  const delivered: RunEvent[] = [];
  for await (const event of new NatsEventSource({ url: nats.url }, 'faults').read()) delivered.push(event);
  expect(delivered).toEqual(cluster.run.events);
  expect(delivered.map(({ sequence }) => sequence)).toEqual(delivered.map((_, index) => index));
  const [bucket] = storesOf(cluster.folder);
  if (bucket === undefined) throw new Error('the run has no store');
  const checkpoints = await listCheckpoints(bucket);
  expect(checkpoints).toHaveLength(3);
  for (const { step } of checkpoints) await verifyCheckpoint(bucket, step);
});
