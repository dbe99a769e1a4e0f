import { run } from '@atelier/cli/main';
import { NatsOperatorClient } from '@atelier/cli/operator/nats-operator-client';
import { commandSubjectOf, runTokenOf } from '@atelier/shared/events/event-subject';
import { NatsEventSource } from '@atelier/shared/events/nats-event-source';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type NatsServer, startNats } from '../harness/servers/nats-server.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';
import { toyConfig } from '../harness/toy-run.ts';

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats[Symbol.asyncDispose]());

afterEach(() => {
  vi.restoreAllMocks();
});

/** The JSON lines that a command line prints. @throws Error when it ends with another exit code than 0 */
async function printed(...args: string[]): Promise<unknown[]> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    text += String(part);
    return true;
  });
  const code = await run([...args, '--json']);
  vi.restoreAllMocks();
  if (code !== 0) throw new Error(`atelier ${args.join(' ')} ended with ${code}`);
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line): unknown => JSON.parse(line));
}

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
    message: 'unknown-worker: worker: the run has no worker "b": choose one of a',
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
  await using _ = await startToy();
  await expect(NatsOperatorClient.connect({ url: nats.url }, 'other')).rejects.toMatchObject({
    code: 'unknown-run',
    message: expect.stringMatching(/"other".*toy-[0-9a-f]{8}/),
  });
});

it('is what the command line does with --server; `events` reads from either side, by type and from a number on', async () => {
  await using coordinator = await startToy();
  const { runId } = await coordinator.status();
  const from = ['--server', nats.url, '--run', 'toy'];
  expect(await printed('status', ...from)).toMatchObject([{ runId, state: 'waiting' }]);
  await printed('pause', ...from);
  await printed('resume', ...from);
  await printed('stop', ...from);
  await coordinator.finished;
  const events = await coordinator.events();
  expect(events.map(({ type }) => type)).toEqual(['run.started', 'run.paused', 'run.resumed', 'run.stopped']);
  for (const source of [[coordinator.folder], from]) {
    expect(await printed('events', ...source)).toEqual(events);
    expect(await printed('events', ...source, '--since', '1', '--type', 'run.*ed')).toEqual(events.slice(1));
    expect(await printed('events', ...source, '--type', 'worker.*')).toEqual([]);
  }
});

it('`events deliver` delivers what a run that is over could not, once', async () => {
  await nats.kill();
  const config = toyConfig({ name: 'late', events: { server: nats.url } });
  const coordinator = await ToyCoordinator.start({ config });
  await coordinator.stop();
  await nats.restart();
  const deliver = () => printed('events', 'deliver', coordinator.folder);
  expect(await deliver()).toEqual([{ delivered: 2, undelivered: 0, waiting: 0 }]);
  expect(await deliver()).toEqual([{ delivered: 0, undelivered: 0, waiting: 0 }]);
  expect(await printed('events', '--server', nats.url, '--run', 'late')).toEqual(await coordinator.events());
});
