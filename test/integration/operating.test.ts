import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOfFloats } from '@atelier/proto/frames';
import type { WatchMessage } from '@atelier/proto/generated/atelier/v1/WatchMessage';
import { createOperatorClient } from '@atelier/proto/services';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { ScriptedWorker } from '../harness/scripted-worker.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';
import { toyConfig, toyNode } from '../harness/toy-run.ts';

const ROOT = { level: 2, index: 0 };
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

async function compute(...workers: readonly ScriptedWorker[]): Promise<void> {
  for (const worker of workers) await worker.compute(await worker.next('assignment'));
}

describe('an operator', () => {
  it('pauses after the step under way, and resumes', async () => {
    await using coordinator = await ToyCoordinator.start();
    const worker = await coordinator.join('a');
    await coordinator.operate('pause');
    await compute(worker);
    expect(await coordinator.status()).toMatchObject({ state: 'paused', step: 1 });
    expect(await coordinator.operate('resume')).toMatchObject({ state: 'running', step: 1 });
    await compute(worker);
    expect(await coordinator.status()).toMatchObject({ state: 'running', step: 2, iteration: 1 });
  });

  it('drains a worker by name, which finishes its work; the other goes on alone', async () => {
    await using coordinator = await ToyCoordinator.start({
      config: toyConfig({ scheduling: { minWorkers: 2 } }),
    });
    const leaving = await coordinator.join('leaving');
    const staying = await coordinator.join('staying');
    await coordinator.drain('leaving');
    await compute(leaving);
    await leaving.next('drained');
    await leaving.ended;
    await staying.work();
    expect(await coordinator.finished).toMatchObject({ kind: 'completed' });
    const events = await coordinator.events();
    expect(events).toContainEqual(expect.objectContaining({ type: 'worker.drained', worker: 'leaving-1' }));
    expect(events.map(({ type }) => type)).not.toContain('worker.lost');
  });

  it('is told which workers there are when it names another', async () => {
    await using coordinator = await ToyCoordinator.start();
    await coordinator.join('a');
    await expect(coordinator.drain('b')).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: 'unknown-worker: worker: the run has no worker "b": choose one of a',
    });
  });

  it('stops the run with a checkpoint; its workers are told, and its address is withdrawn', async () => {
    await using coordinator = await ToyCoordinator.start();
    const worker = await coordinator.join('a');
    await compute(worker);
    expect(await coordinator.operate('stop', { checkpoint: true })).toMatchObject({ state: 'stopping' });
    expect(await worker.next('stop')).toEqual({ reason: 'stopped', reconnect: false });
    expect(await coordinator.finished).toEqual({ kind: 'stopped', step: 1 });
    expect((await coordinator.digest()).step).toBe(1);
    expect(existsSync(join(coordinator.folder, 'coordinator.json'))).toBe(false);
  });

  it('watches every event and, last, how it ended', async () => {
    await using coordinator = await ToyCoordinator.start();
    const client = createOperatorClient(coordinator.address);
    const heard: WatchMessage[] = [];
    const call = client.watch({});
    const over = new Promise((resolve) => call.on('end', resolve));
    const begun = new Promise((resolve) => call.once('data', resolve));
    call.on('data', (message: WatchMessage) => heard.push(message));
    await begun;
    await (await coordinator.join('a')).work();
    await over;
    client.close();
    const types = heard.flatMap(({ eventJson }) => /"type":"([a-z.]+)"/.exec(eventJson ?? '')?.[1] ?? []);
    expect(types.filter((type) => type === 'step.committed')).toHaveLength(8);
    expect(types.at(-1)).toBe('run.completed');
    expect(heard.at(-1)?.status).toMatchObject({ state: 'completed', step: 8, numSteps: 8, iteration: 4 });
  });
});

describe('a worker that is silent for its lease', () => {
  it('is out, its push is refused, and it may join anew', async () => {
    await using coordinator = await ToyCoordinator.start({
      config: toyConfig({ scheduling: { leaseMs: 1_000 } }),
    });
    const worker = await coordinator.join('silent');
    await worker.next('assignment');
    await worker.ended;
    await expect(worker.pushNode(0, ROOT)).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(/^unknown-session: .*join the run again/),
    });
    expect((await coordinator.status()).step).toBe(0);
    await (await coordinator.join('silent')).work();
    expect(await coordinator.finished).toMatchObject({ kind: 'completed' });
  });
});

describe('parameters', () => {
  it('are given in the version that is current, and in no other', async () => {
    await using coordinator = await ToyCoordinator.start();
    const worker = await coordinator.join('a');
    const before = await worker.pull('critic', 0);
    expect(before).toHaveLength(3);
    await compute(worker);
    await expect(worker.pull('critic', 0)).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: "stale-version: version of 'critic': got 0, wanted 1",
    });
    expect(await worker.pull('critic', 1)).not.toEqual(before);
    expect(await worker.pull('generator', 0)).toHaveLength(6);
  });
});

describe('the last grid', () => {
  it('goes from a worker that fails, and from one that dies, to another; the run waits for it', async () => {
    const config = toyConfig({
      iterations: 1,
      samples: { everyIterations: 1 },
      scheduling: { minWorkers: 3 },
    });
    await using coordinator = await ToyCoordinator.start({ config });
    const failing = await coordinator.join('failing');
    const dying = await coordinator.join('dying');
    const able = await coordinator.join('able');
    for (let step = 0; step < 2; step += 1) await compute(failing, dying, able);

    const { step, iteration } = await failing.next('render');
    expect({ step, iteration }).toEqual({ step: 2, iteration: 1 });
    failing.send({ renderFailed: { step, message: 'out of memory' } });
    await dying.next('render');
    dying.kill();
    await able.next('render');
    expect(await able.pull('generator', step, 'ema')).toHaveLength(6);
    expect(await able.pull('generator', step, 'statistics')).toHaveLength(2);
    await expect(able.pull('generator', 1, 'ema')).rejects.toMatchObject({
      details: expect.stringMatching(/^stale-version/),
    });
    await expect(able.pushSample(step, Buffer.from('no picture'))).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    expect(await able.pushSample(1, PNG)).toMatchObject({ status: 'stale' });
    expect(await able.pushSample(step, PNG)).toMatchObject({ status: 'accepted' });
    expect(await coordinator.finished).toMatchObject({ kind: 'completed' });
    expect(existsSync(join(coordinator.folder, 'samples/iteration-000001.png'))).toBe(true);
  });
});

describe('a step that is not finite', () => {
  const poison = async (worker: ScriptedWorker): Promise<void> => {
    const { step } = await worker.next('assignment');
    const bytes = bytesOfFloats(toyNode(step, ROOT).fill(Number.NaN, 0, 1));
    await worker.pushFrames([{ header: worker.headerOf(step, ROOT, bytes) }, { data: bytes }]);
  };

  it('is computed again from the last checkpoint, to the digest of a run without it', async () => {
    const config = toyConfig({ onNonFinite: 'rollback' });
    await using coordinator = await ToyCoordinator.start({ config });
    const worker = await coordinator.join('a');
    await compute(worker);
    await poison(worker);
    await worker.work();
    expect(await coordinator.finished).toMatchObject({ kind: 'completed' });
    await using undisturbed = await ToyCoordinator.start({ config });
    await (await undisturbed.join('a')).work();
    await undisturbed.finished;
    expect(await coordinator.digest()).toEqual(await undisturbed.digest());
  });

  it('fails the run when it comes again, with the state before it kept', async () => {
    await using coordinator = await ToyCoordinator.start({ config: toyConfig({ onNonFinite: 'rollback' }) });
    const worker = await coordinator.join('a');
    await compute(worker);
    await poison(worker);
    await compute(worker);
    await poison(worker);
    expect(await coordinator.finished).toMatchObject({
      kind: 'failed',
      step: 1,
      reason: expect.stringContaining('again after a rollback to a checkpoint'),
    });
    expect((await coordinator.digest()).step).toBe(1);
  });
});
