import { once } from 'node:events';
import { createOperatorClient } from '@atelier/proto/services';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { freeAddress } from '../harness/free-address.ts';
import { healthOf } from '../harness/grpc-health.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';
import { undisturbed } from '../harness/undisturbed.ts';

const OPERATOR = 'atelier.v1.Operator';

/** Until the run is over, as an operator who looks on is told. */
async function whenOver(coordinator: ToyCoordinator): Promise<void> {
  const client = createOperatorClient(coordinator.address);
  const call = client.watch({}).resume();
  await once(call, 'end');
  client.close();
}

describe('a coordinator that stays', () => {
  it('answers for a run that is complete, has no work to give, and ends when it is told to', async () => {
    await using coordinator = await ToyCoordinator.start({ stay: true });
    expect(await healthOf(coordinator.address, '')).toBe('SERVING');
    const over = whenOver(coordinator);
    await (await coordinator.join('a')).work();
    await over;
    expect(await coordinator.status()).toMatchObject({ state: 'completed' });
    expect(await healthOf(coordinator.address, '')).toBe('NOT_SERVING');
    expect(await healthOf(coordinator.address, OPERATOR)).toBe('SERVING');
    const late = coordinator.connect('late');
    late.sayHello();
    expect(await late.next('stop')).toEqual({ reason: 'completed', reconnect: false });
    expect(await coordinator.stop({ reconnect: true })).toMatchObject({ kind: 'completed' });
    expect((await coordinator.events()).map(({ type }) => type)).not.toContain('worker.refused');
  });

  it('answers for it as well when it is started again', async () => {
    await using first = await ToyCoordinator.start();
    await (await first.join('a')).work();
    await first.finished;
    const { folder } = first;
    await using second = await ToyCoordinator.start({ folder, resume: true, stay: true });
    expect(await second.status()).toMatchObject({ state: 'completed' });
    const late = second.connect('late');
    late.sayHello();
    expect(await late.next('stop')).toEqual({ reason: 'completed', reconnect: false });
  });

  it('answers for a run that an operator has stopped, which goes on in its next life', async () => {
    await using coordinator = await ToyCoordinator.start({ stay: true });
    const worker = await coordinator.join('a');
    await worker.compute(await worker.next('assignment'));
    const over = whenOver(coordinator);
    await coordinator.operate('stop', { checkpoint: true });
    expect(await worker.next('stop')).toEqual({ reason: 'stopped', reconnect: false });
    await over;
    expect(await coordinator.status()).toMatchObject({ state: 'stopped', step: 1 });
    await coordinator.stop();
    const { folder } = coordinator;
    await using next = await ToyCoordinator.start({ folder, resume: true });
    const back = await next.join('a');
    expect(await back.next('assignment')).toMatchObject({ step: 1 });
  });
});

it('a worker that stays waits, ready, for the next life of a run, and ends in peace', async () => {
  await using cluster = await Cluster.start();
  const metrics = await freeAddress();
  const worker = await cluster.joinWorker('ada', '--stay', '--metrics', metrics);
  await cluster.untilCommits(20);
  const { coordinator } = cluster;
  // The command takes a while to begin.
  await cluster.pause();
  await cluster.command('stop');
  await coordinator.exited;
  const next = await cluster.startCoordinator();
  await next.exited;
  expect((await fetch(`http://${metrics}/readyz`)).status).toBe(200);
  expect(worker.exit).toBeUndefined();
  worker.signal('SIGTERM');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect((await cluster.finish()).digest).toBe((await undisturbed()).digest);
});
