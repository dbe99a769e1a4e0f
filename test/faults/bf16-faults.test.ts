import { expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';

const SHORT = { wire: 'bf16', iterations: 40, samples: { everyIterations: 0 } } as const;

it('wire: bf16 ends in the same bits when coordinator and worker are killed in the middle of a step', async () => {
  await using quiet = await Cluster.start(SHORT);
  quiet.startWorker('alone');
  const undisturbed = await quiet.finish();
  expect(undisturbed).toMatchObject({ step: 2 * SHORT.iterations, missing: 0, repeated: 0, problems: [] });

  await using cluster = await Cluster.start({ ...SHORT, scheduling: { minWorkers: 2 } });
  const [doomed] = await Promise.all([cluster.joinWorker('doomed'), cluster.joinWorker('steady')]);
  // Past a checkpoint and not at one: what workers compute with comes out of it, and no difference to it.
  await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 20);
  await cluster.untilCommits(3);
  await cluster.seize(doomed);
  await Promise.all([doomed.kill(), cluster.coordinator.kill()]);
  await cluster.startCoordinator();
  await cluster.joinWorker('newcomer');
  expect(await cluster.finish()).toEqual(undisturbed);
  expect(cluster.run.all('run.started')).toHaveLength(2);
});
