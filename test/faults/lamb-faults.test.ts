import { expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';

const lamb = { kind: 'lamb', learningRate: 0.01, beta1: 0.5 } as const;
const SHORT = {
  iterations: 30,
  samples: { everyIterations: 0 },
  optimizers: { generator: lamb, discriminator: lamb },
} as const;

it('LAMB ends in the same bits with no reducers and with three that share its tensors, one of them killed', async () => {
  await using quiet = await Cluster.start(SHORT);
  quiet.startWorker('alone');
  const undisturbed = await quiet.finish();
  expect(undisturbed).toMatchObject({ step: 2 * SHORT.iterations, missing: 0, repeated: 0, problems: [] });

  await using cluster = await Cluster.start({ ...SHORT, reducers: 3 });
  const [doomed] = ['reducer-1', 'reducer-2', 'reducer-3'].map((name) => cluster.startReducer(name));
  await cluster.joinWorker('worker');
  await cluster.untilEvent('checkpoint.saved', ({ step }) => step >= 20);
  await cluster.untilCommits(3);
  await doomed?.kill();
  await cluster.until('its loss is known', () => cluster.run.all('reducer.lost').length === 1);
  cluster.startReducer('another');
  expect(await cluster.finish()).toEqual(undisturbed);
});
