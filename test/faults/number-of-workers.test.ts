import { describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { NUM_STEPS } from '../harness/small-run.ts';
import { undisturbed } from '../harness/undisturbed.ts';

describe('the same run, to the same bits', () => {
  it('goes through several epochs, each example of each once', async () => {
    const result = await undisturbed();
    expect(result).toMatchObject({ step: NUM_STEPS, missing: 0, repeated: 0, problems: [] });
    expect(result.epochs).toBeGreaterThan(3);
  });

  it.each([2, 3])('with %i workers, none of which is of use alone', async (numWorkers) => {
    await using cluster = await Cluster.start({ scheduling: { minWorkers: numWorkers } });
    for (let number = 1; number <= numWorkers; number++) cluster.startWorker(`worker-${number}`);
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(cluster.run.all('worker.lost')).toEqual([]);
  });
});
