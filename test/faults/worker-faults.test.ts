import { describe, expect, it } from 'vitest';
import { Cluster, isNamed } from '../harness/cluster.ts';
import { NetworkLink } from '../harness/network-link.ts';
import { LEASE_MS } from '../harness/small-run.ts';
import { undisturbed } from '../harness/undisturbed.ts';

const TWO = { scheduling: { minWorkers: 2 } };

/** Two workers that are both in, and in the midst of it. */
async function startTwo() {
  const cluster = await Cluster.start(TWO);
  const [steady, troubled] = await Promise.all([
    cluster.joinWorker('steady'),
    cluster.joinWorker('troubled'),
  ]);
  await cluster.untilCommits(10);
  return { cluster, steady, troubled };
}

describe('the same bits, when a worker', () => {
  it('is killed in the middle of a step and another joins later', async () => {
    const { cluster, troubled } = await startTwo();
    await using _ = cluster;
    await cluster.seize(troubled);
    const reassigned = cluster.untilEvent('block.reassigned', ({ reason }) => reason === 'reassigned');
    await troubled.kill();
    await reassigned;
    await cluster.joinWorker('newcomer');
    const [lost] = cluster.run.all('worker.lost');
    expect(lost?.worker).toSatisfy((worker: string) => isNamed(worker, 'troubled'));
    expect(await cluster.finish()).toEqual(await undisturbed());
  });

  it('is the only one and is killed in the middle of a step: the run waits for another', async () => {
    await using cluster = await Cluster.start();
    const only = await cluster.joinWorker('only');
    await cluster.seize(only);
    const lost = cluster.untilEvent('worker.lost');
    await only.kill();
    await lost;
    expect(await cluster.status()).toMatchObject({ state: 'waiting', workers: [] });
    await cluster.joinWorker('newcomer');
    expect(await cluster.finish()).toEqual(await undisturbed());
  });

  it('sleeps (SIGSTOP) for longer than its lease in the middle of a step and wakes again', async () => {
    const { cluster, troubled } = await startTwo();
    await using _ = cluster;
    const lost = cluster.untilEvent('worker.lost', ({ worker }) => isNamed(worker, 'troubled'));
    await cluster.seize(troubled);
    expect(await lost).toMatchObject({ reason: expect.stringContaining(`the lease is ${LEASE_MS} ms`) });
    const rejoined = cluster.untilJoined('troubled');
    troubled.signal('SIGCONT');
    await rejoined;
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(troubled.exit).toEqual({ code: 0, signal: null });
  });

  it('is cut off in the middle of a push for longer than its lease: the push is refused, and it joins again', async () => {
    // Through memory nothing of a node is on the link.
    await using cluster = await Cluster.start({ ...TWO, transport: 'grpc' });
    await using link = await NetworkLink.open(cluster.address);
    const joined = cluster.untilJoined('far');
    cluster.startWorker('far', link.address);
    await Promise.all([cluster.joinWorker('near'), joined]);

    await cluster.untilCommits(10);
    const lost = cluster.untilEvent('worker.lost', ({ worker }) => isNamed(worker, 'far'));
    await link.holdInPush();
    const { step, count } = await cluster.heldBy('far');
    expect(count).toBeGreaterThan(0);
    await lost;
    const rejected = cluster.untilEvent('gradient.rejected');
    const rejoined = cluster.untilJoined('far');
    link.release();
    expect(await rejected).toMatchObject({ step, reason: expect.stringContaining('is not a member') });
    await rejoined;
    expect(await cluster.finish()).toEqual(await undisturbed());
  });

  it.each([
    ['atelier drain', (cluster: Cluster) => cluster.command('drain', 'troubled')],
    ['SIGTERM', (_: Cluster, signal: (name: NodeJS.Signals) => void) => Promise.resolve(signal('SIGTERM'))],
  ])('is drained by %s: nothing that it was given is computed twice', async (_, drain) => {
    const { cluster, troubled } = await startTwo();
    await using __ = cluster;
    const drained = cluster.untilEvent('worker.drained', ({ worker }) => isNamed(worker, 'troubled'));
    await drain(cluster, (name) => troubled.signal(name));
    await drained;
    expect(await troubled.exited).toEqual({ code: 0, signal: null });
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(cluster.run.all('block.reassigned')).toEqual([]);
    expect(cluster.run.all('worker.lost')).toEqual([]);
  });
});
