import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST } from '@atelier/shared/checkpoint/checkpoint-key';
import { listCheckpoints } from '@atelier/shared/checkpoint/checkpoint-reader';
import { LocalStore } from '@atelier/shared/store/local-store';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { undisturbed } from '../harness/undisturbed.ts';

describe('the same bits, when the coordinator', () => {
  it('is killed and started again several times: the workers come back by themselves', async () => {
    await using cluster = await Cluster.start({ scheduling: { minWorkers: 2 } });
    await Promise.all([cluster.joinWorker('first'), cluster.joinWorker('second')]);
    for (const numCommits of [25, 33, 14]) {
      await cluster.untilCommits(numCommits);
      await cluster.coordinator.kill();
      await cluster.startCoordinator();
    }
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(cluster.run.all('run.started')).toHaveLength(4);
    expect(cluster.run.all('worker.joined').map(({ worker }) => worker)).toHaveLength(8);
  });

  it('is killed before anything but the start was kept', async () => {
    await using cluster = await Cluster.start({ checkpoint: { everyIterations: 1_000 } });
    const kept = cluster.untilEvent('checkpoint.saved');
    cluster.startWorker('worker');
    await kept;
    await cluster.untilCommits(3);
    await cluster.coordinator.kill();
    await cluster.startCoordinator();
    expect(cluster.run.all('run.started').at(-1)).toMatchObject({ step: 0 });
    expect(await cluster.finish()).toEqual(await undisturbed());
  });

  it('is killed before anything was kept', async () => {
    await using cluster = await Cluster.start();
    cluster.startWorker('worker');
    await cluster.until('the model is known', () => holdsDefinition(cluster.folder));
    await cluster.coordinator.kill();
    await cluster.startCoordinator();
    expect(await cluster.finish()).toEqual(await undisturbed());
  });

  it('is killed while it writes a checkpoint', async () => {
    await using cluster = await Cluster.start({ checkpoint: { everyIterations: 1, keepLast: 3 } });
    await cluster.joinWorker('worker');
    const unfinished = await stopInCheckpoint(cluster);
    await cluster.coordinator.kill();
    await cluster.startCoordinator();
    expect(cluster.run.all('run.started').at(-1)?.step).toBeLessThan(unfinished);
    expect(await cluster.finish()).toEqual(await undisturbed());
  });

  it('finds its newest checkpoint damaged: it goes on from the one before, and says so', async () => {
    await using cluster = await Cluster.start();
    await cluster.joinWorker('worker');
    await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 60);
    await cluster.coordinator.kill();
    const [newest = '', before = ''] = checkpointsIn(cluster.folder);
    flipOneByte(join(newest, 'generator.safetensors'));
    await cluster.startCoordinator();
    const [damaged] = cluster.run.all('checkpoint.damaged');
    expect(damaged).toMatchObject({ reason: expect.stringContaining('generator.safetensors') });
    expect(newest).toBe(damaged?.path.replace(/\/$/, ''));
    expect(before.endsWith(String(cluster.run.all('run.started').at(-1)?.step))).toBe(true);
    expect(await cluster.finish()).toEqual(await undisturbed());
  });
});

/** Freezes the coordinator while a checkpoint is half written. @returns that checkpoint's step */
async function stopInCheckpoint(cluster: Cluster): Promise<number> {
  for (;;) {
    await cluster.untilCommits(1);
    await cluster.coordinator.freeze();
    const [newest] = await listCheckpoints(new LocalStore(cluster.folder));
    if (newest?.hasManifest === false) return newest.step;
    cluster.coordinator.wake();
  }
}

function holdsDefinition(folder: string): boolean {
  return readFileSync(join(folder, 'run.json'), 'utf8').includes('"definition"');
}

/** Whole ones, newest first. */
function checkpointsIn(folder: string): string[] {
  const parent = join(folder, 'checkpoints');
  const paths = readdirSync(parent).map((name) => join(parent, name));
  return paths
    .filter((path) => readdirSync(path).includes(MANIFEST))
    .sort()
    .reverse();
}

function flipOneByte(path: string): void {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  writeFileSync(path, bytes);
}
