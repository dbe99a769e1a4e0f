import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { memoryId } from '@atelier/shared/memory/memory-id';
import { Worker, type WorkerOutcome } from '@atelier/worker/worker';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freeAddress } from '../harness/free-address.ts';
import { MetricsText } from '../harness/metrics-text.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';

const log = pino({ level: process.env['ATELIER_TEST_LOG'] ?? 'silent' });
const ITERATIONS = 40;
const COMPLETED: WorkerOutcome = { kind: 'over', reason: 'completed' };

/** Batch norm, noise, two groups, a moving average and samples: small, but nothing is left out. */
function configOf(minWorkers: number, transport: RunConfig['transport'] = 'auto'): RunConfig {
  return runConfigSchema.parse({
    name: 'two-workers',
    seed: 11,
    iterations: ITERATIONS,
    virtualWorkers: 4,
    transport,
    batchPerVirtualWorker: 2,
    model: { preset: 'dcgan-32', options: { width: 4, channels: 1 } },
    data: { real: { kind: 'mnist', split: 'test' } },
    optimizers: {
      generator: { kind: 'adam', learningRate: 5e-4, beta1: 0.5 },
      discriminator: { kind: 'adam', learningRate: 5e-4, beta1: 0.5 },
    },
    ema: { generator: 0.9 },
    samples: { everyIterations: ITERATIONS, rows: 2, columns: 3 },
    scheduling: { leaseMs: 30_000, heartbeatMs: 200, minWorkers },
  });
}

function startWorkers(address: string, names: readonly string[]): Worker[] {
  const workers = names.map((name) => new Worker({ coordinator: address, name }, { log }));
  for (const worker of workers) worker.start();
  return workers;
}

describe('a run of real workers', () => {
  let parent: string;
  let digestAlone: string;

  const newFolder = () => mkdtemp(join(parent, 'run-'));

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'two-workers-'));
    await using coordinator = await ToyCoordinator.start({ folder: await newFolder(), config: configOf(1) });
    const [worker] = startWorkers(coordinator.address, ['alone']);
    expect(await coordinator.finished).toMatchObject({ kind: 'completed', step: 2 * ITERATIONS });
    expect(await worker?.finished).toEqual(COMPLETED);
    digestAlone = (await coordinator.digest()).digest;
  });

  afterAll(() => rm(parent, { recursive: true, force: true }));

  it.each([
    ['auto', memoryId() === '' ? 'grpc' : 'memory'],
    ['grpc', 'grpc'],
  ] as const)(
    'ends in the same bits with two workers as with one, and draws its sample, with transport %s: by %s',
    async (transport, used) => {
      const folder = await newFolder();
      const config = configOf(2, transport);
      await using coordinator = await ToyCoordinator.start({ folder, config, stay: true });
      const workers = startWorkers(coordinator.address, ['first', 'second']);
      expect(await Promise.all(workers.map(({ finished }) => finished))).toEqual([COMPLETED, COMPLETED]);
      expect((await coordinator.digest()).digest).toBe(digestAlone);
      expect((await coordinator.events()).map(({ type }) => type)).toContain('sample.rendered');

      const metrics = await MetricsText.of(coordinator.http);
      const [nodes, parameters] = [
        metrics.by('atelier_coordinator_received_bytes_total', 'transport', { kind: 'node' }),
        metrics.by('atelier_coordinator_sent_bytes_total', 'transport', { kind: 'parameters' }),
      ];
      for (const bytes of [nodes, parameters])
        expect(Object.keys(bytes).filter((way) => bytes[way] !== 0)).toEqual([used]);
    },
  );

  it('lets a worker go that is drained, and ends in the same bits with the other', async () => {
    await using coordinator = await ToyCoordinator.start({ folder: await newFolder(), config: configOf(2) });
    const [leaver, stayer] = startWorkers(coordinator.address, ['leaver', 'stayer']);
    await coordinator.untilStep(4);
    leaver?.drain('has done enough');
    expect(await leaver?.finished).toEqual({ kind: 'drained', isClean: true });
    expect(await stayer?.finished).toEqual(COMPLETED);
    await coordinator.finished;
    expect((await coordinator.digest()).digest).toBe(digestAlone);
  });

  it('goes on with a worker that waited for the coordinator to come back, to the same bits', async () => {
    const folder = await newFolder();
    const config = configOf(1);
    // Not one that the system gives to those who dial: the worker itself would get it while nobody listens.
    const listen = await freeAddress();
    await using before = await ToyCoordinator.start({ folder, config, listen });
    const [worker] = startWorkers(listen, ['patient']);
    await before.untilStep(4);
    await before.stop({ reconnect: true });
    await using after = await ToyCoordinator.start({ folder, config, resume: true, listen });
    expect(await worker?.finished).toEqual(COMPLETED);
    await after.finished;
    expect((await after.digest()).digest).toBe(digestAlone);
  });

  it('leaves a worker that is stopped while it looks for a coordinator', async () => {
    const worker = new Worker({ coordinator: '127.0.0.1:1', name: 'lonely' }, { log });
    worker.start();
    await worker.stop();
    expect(await worker.finished).toEqual({ kind: 'halted' });
  });
});
