import { describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { undisturbed } from '../harness/undisturbed.ts';

const NAMES = ['reducer-1', 'reducer-2', 'reducer-3'];

/** With so many reducers and workers, all of whom are needed. */
async function startCluster(reducers: number, numWorkers: number) {
  const cluster = await Cluster.start({ reducers, scheduling: { minWorkers: numWorkers } });
  const processes = NAMES.slice(0, reducers).map((name) => cluster.startReducer(name));
  return { cluster, reducers: processes };
}

describe('the same bits as with the coordinator alone', () => {
  it('with three reducers and two workers', async () => {
    const { cluster } = await startCluster(3, 2);
    await using _ = cluster;
    for (const name of ['first', 'second']) cluster.startWorker(name);
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(cluster.run.all('reducer.joined')).toHaveLength(3);
    expect(cluster.run.all('reducer.lost')).toEqual([]);
  });

  it('when reducers are killed: the others and the workers go on with another, from the newest checkpoint', async () => {
    const { cluster, reducers } = await startCluster(2, 1);
    await using _ = cluster;
    await cluster.joinWorker('worker');
    for (const [i, doomed] of reducers.entries()) {
      // Past a checkpoint and not at one: the run goes back some steps.
      await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 20);
      await cluster.untilCommits(3);
      await doomed.kill();
      await cluster.until('its loss is known', () => cluster.run.all('reducer.lost').length === i + 1);
      expect(await cluster.status()).toMatchObject({
        state: 'waiting',
        message: expect.stringContaining('1 of 2'),
      });
      cluster.startReducer(`another-${i}`);
    }
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(cluster.run.all('worker.joined')).toHaveLength(1);
  });

  it('when the coordinator is killed, and goes on with another number of reducers', async () => {
    const { cluster, reducers } = await startCluster(2, 1);
    await using _ = cluster;
    await cluster.joinWorker('worker');
    await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 20);
    await cluster.untilCommits(3);
    await cluster.coordinator.kill();
    await cluster.reconfigure({ reducers: 3, transport: 'grpc' });
    await cluster.startCoordinator();
    reducers.push(cluster.startReducer('third'));
    await cluster.untilCommits(30);
    await cluster.coordinator.kill();
    // What is left to the coordinator alone has no use for them.
    for (const reducer of reducers) await reducer.kill();
    await cluster.reconfigure({});
    await cluster.startCoordinator();
    expect(await cluster.finish()).toEqual(await undisturbed());
  });

  it('when a worker is killed in a step, and a reducer that is to leave is replaced: the run goes back no step', async () => {
    const { cluster, reducers } = await startCluster(2, 2);
    await using _ = cluster;
    const [doomed] = await Promise.all([cluster.joinWorker('doomed'), cluster.joinWorker('steady')]);
    await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 20);
    await cluster.untilCommits(3);
    await cluster.seize(doomed);
    await doomed.kill();
    await cluster.whilePaused(async () => {
      cluster.startReducer('another');
      await cluster.until('it waits', () => cluster.run.all('reducer.joined').length === 3);
    });
    reducers[0]?.signal('SIGTERM');
    expect((await reducers[0]?.exited)?.code).toBe(0);
    expect(await cluster.finish()).toEqual(await undisturbed());
    const steps = cluster.run.all('step.committed').map(({ step }) => step);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(new Set(steps).size).toBe(steps.length);
  });
});
