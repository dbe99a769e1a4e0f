import { NatsOperatorClient } from '@atelier/cli/operator/nats-operator-client';
import { commandSubjectOf, runTokenOf } from '@atelier/shared/events/event-subject';
import { NatsEventSource } from '@atelier/shared/events/nats-event-source';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NatsServer, startNats } from '../harness/servers/nats-server.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';
import { toyConfig } from '../harness/toy-run.ts';

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats[Symbol.asyncDispose]());

/** A coordinator that has told the server of itself. */
async function startToy(): Promise<ToyCoordinator> {
  const config = toyConfig({ events: { server: nats.url } });
  const coordinator = await ToyCoordinator.start({ config });
  const source = new NatsEventSource({ url: nats.url }, runTokenOf(await coordinator.status()));
  for await (const { type } of source.read({ follow: true })) if (type === 'run.started') break;
  return coordinator;
}

it('asks by NATS what can be asked by gRPC, with the same answers', async () => {
  await using coordinator = await startToy();
  const worker = await coordinator.join('a');
  const operator = await NatsOperatorClient.connect({ url: nats.url }, 'toy');
  expect(await operator.pause()).toMatchObject({ name: 'toy', step: 0 });
  await worker.compute(await worker.next('assignment'));
  const { workers, ...status } = await operator.status();
  expect(status).toMatchObject({ state: 'paused', step: 1 });
  expect(Object.keys(await coordinator.status()).toSorted()).toEqual(
    ['workers', ...Object.keys(status)].toSorted(),
  );
  expect(workers).toMatchObject([{ name: 'a', state: 'active' }]);
  expect(await operator.resume()).toMatchObject({ state: 'running', step: 1 });
  expect(await operator.checkpoint()).toMatchObject({ step: 1, path: expect.stringContaining('step-') });
  await expect(operator.drain('b')).rejects.toMatchObject({
    code: 'refused',
    message: 'unknown-worker: worker: "b" is not here; the workers are: a',
  });
  expect(await operator.stop({ checkpoint: true })).toMatchObject({ state: 'stopping' });
  expect(await worker.next('stop')).toEqual({ reason: 'stopped', reconnect: false });
  expect(await coordinator.finished).toEqual({ kind: 'stopped', step: 1 });
  await expect(operator.status()).rejects.toMatchObject({
    code: 'failure',
    message: expect.stringMatching(/^no coordinator answers for toy-[0-9a-f]{8}: is the run under way\?$/),
  });
  operator.close();
});

it('answers what makes no sense with what would', async () => {
  await using coordinator = await startToy();
  const token = runTokenOf(await coordinator.status());
  const connection = await connect({ servers: nats.url });
  const ask = async (command: string, payload: string) =>
    (await connection.request(commandSubjectOf(token, command), payload)).json();
  for (const [command, payload] of [
    ['dance', ''],
    ['drain', ''],
    ['drain', '{"worker":5}'],
    ['pause', '{"loudly":true}'],
    ['status', 'not JSON'],
    ['status', '[]'],
  ] as const) {
    expect(await ask(command, payload)).toMatchObject({ ok: false, code: 'bad-message' });
  }
  expect(await ask('checkpoint', '')).toMatchObject({ ok: false, code: 'not-ready' });
  expect(await ask('status', '')).toMatchObject({ ok: true, result: { state: 'waiting' } });
  await connection.close();
  expect(await coordinator.status()).toMatchObject({ state: 'waiting' });
});

it('says which runs there are to who asks for another', async () => {
  await expect(NatsOperatorClient.connect({ url: nats.url }, 'other')).rejects.toMatchObject({
    code: 'unknown-run',
    message: expect.stringMatching(/"other".*toy-[0-9a-f]{8}/),
  });
});
