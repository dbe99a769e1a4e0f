import { bytesOfFloats } from '@atelier/proto/frames';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScriptedWorker } from '../harness/scripted-worker.ts';
import { newFolder, ToyCoordinator } from '../harness/toy-coordinator.ts';
import { toyConfig, toyDefinition, toyFingerprint, toyNode } from '../harness/toy-run.ts';

// Over 250 lines: one message out of place a test.

const NUM_STEPS = 8;

/** The digest that a whole run must end in, computed by one worker. */
async function runAlone(): Promise<string> {
  await using coordinator = await ToyCoordinator.start();
  const worker = await coordinator.join('alone');
  await worker.work();
  expect(await coordinator.finished).toEqual({ kind: 'completed', step: NUM_STEPS, wasComplete: false });
  return (await coordinator.digest()).digest;
}

describe('a run', () => {
  it('ends in the same digest with one worker and with three', async () => {
    await using coordinator = await ToyCoordinator.start({
      config: toyConfig({ scheduling: { minWorkers: 3 } }),
    });
    const workers = await Promise.all(['a', 'b', 'c'].map((name) => coordinator.join(name)));
    await Promise.all(workers.map((worker) => worker.work()));
    await coordinator.finished;
    expect(await coordinator.digest()).toEqual({ step: NUM_STEPS, digest: await runAlone() });
  });

  it('ends in the same digest when a worker dies in the middle of a step', async () => {
    await using coordinator = await ToyCoordinator.start({
      config: toyConfig({ scheduling: { minWorkers: 2 } }),
    });
    const [doomed, other] = await Promise.all([coordinator.join('doomed'), coordinator.join('other')]);
    await doomed.next('assignment');
    const working = other.work();
    doomed.kill();
    await working;
    await coordinator.finished;
    expect((await coordinator.digest()).digest).toBe(await runAlone());
    expect((await coordinator.events()).map(({ type }) => type)).toContain('worker.lost');
  });

  it('goes on after a coordinator that ended without a last checkpoint, to the same digest', async () => {
    const folder = newFolder();
    const config = toyConfig({ checkpoint: { everyIterations: 1 } });
    {
      await using coordinator = await ToyCoordinator.start({ folder, config });
      const worker = await coordinator.join('first');
      for (let step = 0; step < 5; step += 1) await worker.compute(await worker.next('assignment'));
      await coordinator.stop({ checkpoint: false });
    }
    await using coordinator = await ToyCoordinator.start({ folder, config, resume: true });
    expect((await coordinator.status()).step).toBeLessThanOrEqual(5);
    const worker = await coordinator.join('second');
    await worker.work();
    await coordinator.finished;
    expect(await coordinator.digest()).toEqual({ step: NUM_STEPS, digest: await runAlone() });
  });

  it('says that it is complete when it is resumed after its end', async () => {
    await using first = await ToyCoordinator.start();
    await (await first.join('a')).work();
    await first.finished;
    await using again = await ToyCoordinator.start({ folder: first.folder, resume: true });
    expect(await again.finished).toEqual({ kind: 'completed', step: NUM_STEPS, wasComplete: true });
  });
});

describe('joining', () => {
  let coordinator: ToyCoordinator;
  beforeEach(async () => {
    coordinator = await ToyCoordinator.start();
  });
  afterEach(() => coordinator[Symbol.asyncDispose]());

  it("refuses an engine that is not the run's, naming both", async () => {
    await coordinator.join('first');
    const other = coordinator.connect('other');
    await other.hello();
    other.ready({ fingerprintJson: JSON.stringify({ ...toyFingerprint, intraOpThreads: 2 }) });
    expect(await other.next('refused')).toMatchObject({
      code: 'fingerprint',
      message: expect.stringContaining('intraOpThreads: the run has 1, this worker 2'),
    });
    await other.ended;
    expect((await coordinator.status()).workers.map(({ name }) => name)).toEqual(['first']);
  });

  it('refuses other data, naming the domain', async () => {
    await coordinator.join('first');
    const other = coordinator.connect('other');
    await other.hello();
    const domains = [
      { name: 'content', numExamples: 21, digest: 'other' },
      ...toyDefinition.domains.slice(1),
    ];
    other.ready({ definitionJson: JSON.stringify({ ...toyDefinition, domains }) });
    expect(await other.next('refused')).toMatchObject({
      code: 'definition',
      message: expect.stringContaining(
        "domain 'content': the run has 20 examples with digest c0, this worker 21 with other",
      ),
    });
  });

  it.each([
    [
      'another protocol',
      (worker: ScriptedWorker) => worker.sayHello(99),
      'protocol-version',
      `got 99, wanted ${PROTOCOL_VERSION}`,
    ],
    [
      'a first word that is no hello',
      (worker: ScriptedWorker) => worker.send({ heartbeat: {} }),
      'bad-message',
      'got "heartbeat", wanted "hello"',
    ],
    [
      'an empty message',
      (worker: ScriptedWorker) => worker.send({}),
      'bad-message',
      'got "nothing", wanted "hello"',
    ],
  ])('refuses %s', async (_, speak, code, message) => {
    const worker = coordinator.connect('odd');
    const refused = worker.next('refused');
    speak(worker);
    expect(await refused).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('asks another worker for the initial values when the one asked has gone', async () => {
    const first = coordinator.connect('first');
    await first.hello();
    first.ready();
    await first.next('initialize');
    const second = coordinator.connect('second');
    await second.hello();
    second.ready();
    first.kill();
    await second.next('initialize');
    expect(await second.pushInitial()).toMatchObject({ status: 'accepted' });
    await second.next('assignment');
  });
});

describe('a malformed push', () => {
  const node = { level: 2, index: 0 };
  const bytes = bytesOfFloats(toyNode(0, node));
  let coordinator: ToyCoordinator;
  let worker: ScriptedWorker;

  beforeEach(async () => {
    coordinator = await ToyCoordinator.start();
    worker = await coordinator.join('a');
    await worker.next('assignment');
  });
  afterEach(() => coordinator[Symbol.asyncDispose]());

  const header = (changes: object = {}) => ({ header: { ...worker.headerOf(0, node, bytes), ...changes } });
  const identity = (changes: object) => header({ identity: { ...worker.identity, ...changes } });
  const data = { data: bytes };

  it.each([
    [
      'the run of another folder',
      () => [identity({ runId: 'x' }), data],
      status.FAILED_PRECONDITION,
      /^wrong-run: run_id: got "x", wanted "/,
    ],
    [
      'an earlier life of the coordinator',
      () => [identity({ incarnation: 'x' }), data],
      status.FAILED_PRECONDITION,
      /^wrong-incarnation: /,
    ],
    [
      'an unknown session',
      () => [identity({ sessionId: 'x' }), data],
      status.FAILED_PRECONDITION,
      /^unknown-session: session_id: "x" .* join the run again/,
    ],
    [
      'another layout',
      () => [identity({ layoutHash: 'x' }), data],
      status.INVALID_ARGUMENT,
      /^wrong-layout: layout_hash: got "x", wanted "/,
    ],
    [
      'no identity',
      () => [header({ identity: null }), data],
      status.INVALID_ARGUMENT,
      /^bad-message: identity: got "nothing"/,
    ],
    [
      'no node',
      () => [header({ node: null }), data],
      status.INVALID_ARGUMENT,
      /^bad-message: header.node: got "nothing"/,
    ],
    [
      'a node outside the tree',
      () => [header({ node: { level: 3, index: 0 } }), data],
      status.INVALID_ARGUMENT,
      /^bad-node: 3:0 /,
    ],
    [
      'a negative index',
      () => [header({ node: { level: 0, index: -1 } }), data],
      status.INVALID_ARGUMENT,
      /^bad-node: /,
    ],
    [
      'a step to come',
      () => [header({ step: 1 }), data],
      status.INVALID_ARGUMENT,
      /^future-step: step 1 is not open: step 0 is being computed/,
    ],
    [
      'a header with another length',
      () => [header({ numBytes: 2 ** 40 }), data],
      status.INVALID_ARGUMENT,
      /^wrong-length: header.num_bytes: got 1099511627776, wanted 20/,
    ],
    [
      'fewer bytes than said',
      () => [header(), { data: bytes.subarray(4) }],
      status.INVALID_ARGUMENT,
      /^wrong-length: bytes received: got 16, wanted 20/,
    ],
    [
      'more bytes than said',
      () => [header(), data, data],
      status.INVALID_ARGUMENT,
      /^wrong-length: bytes received: got "at least 40", wanted 20/,
    ],
    [
      'bytes before the header',
      () => [data, header()],
      status.INVALID_ARGUMENT,
      /^bad-message: first message of the stream: got "data"/,
    ],
    [
      'two headers',
      () => [header(), header(), data],
      status.INVALID_ARGUMENT,
      /^bad-message: message after the header: got "header"/,
    ],
    [
      'an empty stream',
      () => [],
      status.INVALID_ARGUMENT,
      /^bad-message: first message .* got "the end of the stream"/,
    ],
    [
      'a wrong checksum',
      () => [header({ crc32: 1 }), data],
      status.DATA_LOSS,
      /^wrong-checksum: crc32 of the bytes: got \d+, wanted 1/,
    ],
    [
      'an oversized message',
      () => [header(), { data: new Uint8Array(5 * 2 ** 20) }],
      status.RESOURCE_EXHAUSTED,
      /larger than max/,
    ],
  ])('with %s is refused, and the step goes on', async (_, frames, code, details) => {
    await expect(worker.pushFrames(frames())).rejects.toMatchObject({
      code,
      details: expect.stringMatching(details),
    });
    expect((await coordinator.status()).step).toBe(0);
    expect(await worker.pushNode(0, node)).toMatchObject({ status: 'accepted' });
    expect((await worker.next('assignment')).step).toBe(1);
  });

  it('that comes twice, in part again, or too late is told so and does no harm', async () => {
    const left = { level: 1, index: 0 };
    expect(await worker.pushNode(0, left)).toMatchObject({ status: 'accepted' });
    expect(await worker.pushNode(0, left)).toMatchObject({ status: 'duplicate' });
    expect(await worker.pushNode(0, node)).toMatchObject({ status: 'duplicate' });
    expect(await worker.pushNode(0, { level: 1, index: 1 })).toMatchObject({ status: 'accepted' });
    expect(await worker.pushNode(0, left)).toMatchObject({ status: 'stale' });
    await worker.work();
    await coordinator.finished;
    expect((await coordinator.digest()).digest).toBe(await runAlone());
  });

  it('of initial values is refused by length, and a second one is a duplicate', async () => {
    expect(await worker.pushInitial()).toMatchObject({ status: 'duplicate' });
    await using fresh = await ToyCoordinator.start();
    const first = fresh.connect('first');
    await first.hello();
    first.ready();
    await first.next('initialize');
    await expect(first.pushInitial(new Float32Array(3))).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^wrong-length: header.num_bytes: got 12, wanted 44/),
    });
    expect(await first.pushInitial()).toMatchObject({ status: 'accepted' });
  });

  it('is told once as an event, however often it comes', async () => {
    for (let i = 0; i < 3; i += 1) await worker.pushNode(0, node, { crc32: 1 }).catch(() => {});
    const rejected = (await coordinator.events()).filter(({ type }) => type === 'gradient.rejected');
    expect(rejected).toMatchObject([{ step: 0, reason: expect.stringContaining('wrong-checksum') }]);
  });

  it('that meets the end of the run is refused, and no event calls it a bad gradient', async () => {
    const stopped = coordinator.stop();
    await expect(worker.pushNode(0, node)).rejects.toBeDefined();
    await stopped;
    expect((await coordinator.events()).map(({ type }) => type)).not.toContain('gradient.rejected');
  });
});
