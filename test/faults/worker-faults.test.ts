import { describe, expect, it } from 'vitest';
import { Cluster, isNamed } from '../harness/cluster.ts';
import { NetworkLink } from '../harness/network-link.ts';
import { IMPATIENT, LEASE_MS } from '../harness/small-run.ts';
import { undisturbed } from '../harness/undisturbed.ts';

const TWO = { scheduling: { minWorkers: 2 } };

/** Two workers that are both in, and in the midst of it. */
async function startTwo(scheduling: object = {}) {
  const cluster = await Cluster.start({ scheduling: { ...TWO.scheduling, ...scheduling } });
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
    // The other would have done all by itself by then, on a fast machine.
    await cluster.whilePaused(() => cluster.joinWorker('newcomer'));
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
    const { cluster, troubled } = await startTwo(IMPATIENT);
    await using _ = cluster;
    const ofTroubled = ({ worker }: { readonly worker: string }) => isNamed(worker, 'troubled');
    const joins = () => cluster.run.all('worker.joined').filter(ofTroubled);
    const losses = () => cluster.run.all('worker.lost').filter(ofTroubled);
    await cluster.seize(troubled);
    await cluster.until('it is lost', () => losses().length === joins().length);
    expect(losses().at(-1)).toMatchObject({
      reason: expect.stringContaining(`longer than its lease of ${LEASE_MS} ms`),
    });
    troubled.wake();
    await cluster.until('it has joined again', () => joins().length > losses().length);
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(troubled.exit).toEqual({ code: 0, signal: null });
  });

  it('is cut off in the middle of a push for longer than its lease: the push is refused, and it joins again', async () => {
    // Through memory nothing of a node is on the link. The other computes its part when it is lost and no earlier.
    const scheduling = { ...TWO.scheduling, leaseMs: LEASE_MS };
    await using cluster = await Cluster.start({ scheduling, transport: 'grpc' });
    await using link = await NetworkLink.open(cluster.address);
    const joined = cluster.untilJoined('far');
    cluster.startWorker('far', link.address);
    await Promise.all([cluster.joinWorker('near'), joined]);

    await cluster.untilCommits(10);
    const lost = cluster.untilEvent('worker.lost', ({ worker }) => isNamed(worker, 'far'));
    const reassigned = cluster.untilEvent('block.reassigned', ({ reason }) => reason === 'reassigned');
    await link.holdInPush();
    const [{ step }] = await Promise.all([reassigned, lost]);
    const rejected = cluster.untilEvent('gradient.rejected', (event) => event.step === step);
    const rejoined = cluster.untilJoined('far');
    link.release();
    expect(await rejected).toMatchObject({ reason: expect.stringContaining('is not a member') });
    await rejoined;
    expect(await cluster.finish()).toEqual(await undisturbed());
  });

  it.each([
    ['atelier drain', (cluster: Cluster) => cluster.command('drain', 'troubled')],
    ['SIGTERM', (_: Cluster, signal: (name: NodeJS.Signals) => void) => Promise.resolve(signal('SIGTERM'))],
  ])('is drained by %s: nothing that it was given is computed twice', async (_, drain) => {
    const { cluster, steady, troubled } = await startTwo();
    await using __ = cluster;
    // The step cannot end meanwhile, nor the run before a command has begun.
    await cluster.seize(steady);
    const drained = cluster.untilEvent('worker.drained', ({ worker }) => isNamed(worker, 'troubled'));
    await drain(cluster, (name) => troubled.signal(name));
    await drained;
    expect(await troubled.exited).toEqual({ code: 0, signal: null });
    steady.wake();
    expect(await cluster.finish()).toEqual(await undisturbed());
    expect(cluster.run.all('block.reassigned')).toEqual([]);
    expect(cluster.run.all('worker.lost')).toEqual([]);
  });
});
