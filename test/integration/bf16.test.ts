import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reducer } from '@atelier/coordinator/reducer';
import type { RunConfig } from '@atelier/shared/config/run-config';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MetricsText } from '../harness/metrics-text.ts';
import { shortRun, startWorker } from '../harness/short-run.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';

interface Ended {
  readonly digest: string;
  readonly nodeBytes: number;
  /** Whole parameters. */
  readonly parameterBytes: number;
  readonly differenceBytes: number;
}

const log = pino({ level: process.env['ATELIER_TEST_LOG'] ?? 'silent' });
let parent = '';
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'bf16-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

/** The short run by so many workers, none of which is of use alone. */
async function train(wire: RunConfig['wire'], numWorkers: number, reducers = 1): Promise<Ended> {
  const folder = await mkdtemp(join(parent, 'run-'));
  const config = { ...shortRun(parent, { minWorkers: numWorkers }), wire, reducers };
  await using coordinator = await ToyCoordinator.start({ folder, config, stay: true });
  const names = reducers === 1 ? [] : Array.from({ length: reducers }, (_, i) => `reducer-${i}`);
  for (const name of names) await new Reducer({ coordinator: coordinator.address, name }, { log }).start();
  const workers = Array.from({ length: numWorkers }, (_, i) =>
    startWorker(coordinator.address, `worker-${i}`),
  );
  await Promise.all(workers.map(({ finished }) => finished));
  const metrics = await MetricsText.of(coordinator.http);
  const sent = (kind: string) =>
    metrics.value('atelier_coordinator_sent_bytes_total', { kind }) ?? Number.NaN;
  const { digest } = await coordinator.digest();
  return {
    digest,
    nodeBytes: metrics.value('atelier_coordinator_received_bytes_total', { kind: 'node' }) ?? Number.NaN,
    parameterBytes: sent('parameters'),
    differenceBytes: sent('difference'),
  };
}

describe('wire: bf16', () => {
  let alone: Ended;
  beforeAll(async () => {
    alone = await train('bf16', 1);
  });

  it.each([2, 3])('ends in the same bits with %i workers as with one', async (numWorkers) => {
    expect((await train('bf16', numWorkers)).digest).toBe(alone.digest);
  });

  it('ends in the same bits with two reducers as with the coordinator alone', async () => {
    expect((await train('bf16', 2, 2)).digest).toBe(alone.digest);
  });

  it('moves at most 0.51 of the bytes of f32, after the first parameters', async () => {
    const float = await train('f32', 1);
    expect(float.digest).not.toBe(alone.digest);
    expect(float.differenceBytes).toBe(0);
    // One worker takes the parameters whole once; f32 has no other way.
    expect(alone.nodeBytes / float.nodeBytes).toBeLessThanOrEqual(0.51);
    const later = float.parameterBytes - alone.parameterBytes;
    expect(alone.differenceBytes / later).toBeLessThanOrEqual(0.51);
    expect(alone.differenceBytes).toBeGreaterThan(0);
  });
});
