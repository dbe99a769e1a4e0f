import { listCheckpoints, verifyCheckpoint } from '@atelier/shared/checkpoint/checkpoint-reader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { environmentFor, rootClient } from '../harness/minio-bucket.ts';
import { storesOf } from '../harness/run-result.ts';
import { type MinioServer, startMinio } from '../harness/servers/minio-server.ts';
import { undisturbed } from '../harness/undisturbed.ts';

let server: MinioServer;
beforeAll(async () => {
  server = await startMinio();
  await rootClient(server).makeBucket('runs');
  // The processes of a cluster inherit it.
  Object.assign(process.env, environmentFor(server));
});
afterAll(() => server[Symbol.asyncDispose]());

const inBucket = (prefix: string) => ({
  checkpoint: { store: `s3://runs/${prefix}`, everyIterations: 10, keepLast: 3 },
});

describe('the same bits out of a bucket, when', () => {
  it('its server is killed and comes back in the middle of the run, and every checkpoint verifies', async () => {
    await using cluster = await Cluster.start(inBucket('server-killed'));
    cluster.startWorker('a');
    await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 20);
    await server.kill();
    await cluster.untilEvent('checkpoint.failed');
    await cluster.untilCommits(10);
    await server.restart();
    await cluster.untilEvent('checkpoint.saved');
    expect(await cluster.finish()).toEqual(await undisturbed());
    const [store] = storesOf(cluster.folder);
    const checkpoints = store === undefined ? [] : await listCheckpoints(store);
    expect(checkpoints).toHaveLength(3);
    for (const { step } of checkpoints) if (store) await verifyCheckpoint(store, step);
  });

  it('the coordinator and its disk are lost: it goes on from the bucket alone, and its ledger is whole', async () => {
    await using cluster = await Cluster.start(inBucket('disk-lost'));
    cluster.startWorker('a');
    await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 40);
    await cluster.untilCommits(5);
    await cluster.coordinator.kill();
    cluster.run.lose();
    await cluster.startCoordinator();
    expect(await cluster.finish()).toEqual(await undisturbed());
  });
});
