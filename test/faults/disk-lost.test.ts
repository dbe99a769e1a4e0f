import { expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { environmentFor, rootClient } from '../harness/servers/minio-bucket.ts';
import { startMinio } from '../harness/servers/minio-server.ts';
import { undisturbed } from '../harness/undisturbed.ts';

it('a run whose coordinator and disk are lost goes on from the bucket alone to the same bits, with a whole ledger', async () => {
  await using server = await startMinio();
  await rootClient(server).makeBucket('runs');
  // The processes of a cluster inherit it.
  Object.assign(process.env, environmentFor(server));
  await using cluster = await Cluster.start({
    checkpoint: { store: 's3://runs/disk-lost', everyIterations: 10, keepLast: 3 },
  });
  cluster.startWorker('a');
  await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 40);
  await cluster.untilCommits(5);
  await cluster.coordinator.kill();
  cluster.run.lose();
  await cluster.startCoordinator();
  expect(await cluster.finish()).toEqual(await undisturbed());
});
