import { describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { undisturbed } from '../harness/undisturbed.ts';

describe('the same bits, when the coordinator and a worker', () => {
  it('are killed at once in the middle of a step: the other worker waits, and a new one joins', async () => {
    await using cluster = await Cluster.start({ scheduling: { minWorkers: 2 } });
    const [doomed] = await Promise.all([cluster.joinWorker('doomed'), cluster.joinWorker('steady')]);
    // Past a checkpoint and not at one: the run goes back some steps.
    await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 20);
    await cluster.untilCommits(3);
    await cluster.seize(doomed);
    await Promise.all([doomed.kill(), cluster.coordinator.kill()]);
    const { length: numJoined } = cluster.run.all('worker.joined');
    await cluster.startCoordinator();
    await cluster.joinWorker('newcomer');
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(cluster.run.all('run.started')).toHaveLength(2);
    // The steady one again, and the new one.
    expect(cluster.run.all('worker.joined')).toHaveLength(numJoined + 2);
  });
});
