import { type DatasetConfig, type RunConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { Worker } from '@atelier/worker/worker';
import pino, { type Logger } from 'pino';
import { smallRun } from './small-run.ts';

/** Longer than an epoch of the small run. */
const ITERATIONS = 12;

/** The first steps of the small run, with its pictures (put into the folder) or other data. */
export function shortRun(
  folder: string,
  { data, minWorkers }: { readonly data?: DatasetConfig; readonly minWorkers: number },
): RunConfig {
  const small = smallRun(folder);
  return runConfigSchema.parse({
    ...small,
    iterations: ITERATIONS,
    data: data === undefined ? small.data : { real: data },
    samples: { everyIterations: 0 },
    // Workers in one process do not die, and wait for each other's computations.
    scheduling: { leaseMs: 30_000, heartbeatMs: 200, minWorkers },
  });
}

export function shardsIn(path: string): DatasetConfig {
  return { kind: 'shards', path, crops: 1 };
}

const silent = pino({ level: process.env['ATELIER_TEST_LOG'] ?? 'silent' });

/** In this process. */
export function startWorker(address: string, name: string, log: Logger = silent): Worker {
  const worker = new Worker({ coordinator: address, name }, { log });
  worker.start();
  return worker;
}
