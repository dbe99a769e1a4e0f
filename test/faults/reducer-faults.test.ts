import { describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { undisturbed } from '../harness/undisturbed.ts';

describe('the same bits as with one reducer', () => {
  it.each([
    [2, 1],
    [3, 2],
  ])('with %i reducers and %i workers', async (numReducers, numWorkers) => {
    await using cluster = await Cluster.start({
      reducers: numReducers,
      scheduling: { minWorkers: numWorkers },
    });
    for (let i = 1; i <= numReducers; i++) cluster.startReducer(`reducer-${i}`);
    for (let i = 1; i <= numWorkers; i++) cluster.startWorker(`worker-${i}`);
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(cluster.run.all('reducer.lost')).toEqual([]);
  });
});
