import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changedFieldOf } from '@atelier/shared/config/changed-field';
import { keptConfigSchema } from '@atelier/shared/config/kept-config';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { ifThere } from '@atelier/shared/disk/if-there';
import { isAlive, readCoordinatorFile } from '../operator/find-coordinator.ts';

/** What a folder that a run is to be put into holds already. */
export type RunState =
  | { readonly kind: 'none' }
  /** Files, but no run. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'in-use'; readonly pid: number }
  | {
      readonly kind: 'unfinished';
      /** Of the run's own config. */
      readonly numIterations: number;
      /** The first field in which the new config makes it another run. */
      readonly changedField: string | undefined;
    }
  | { readonly kind: 'completed'; readonly changedField: string | undefined };

const TAIL_BYTES = 64 * 1024;

export async function readRunState(folder: string, config: RunConfig): Promise<RunState> {
  const names = (await ifThere(readdir(folder))) ?? [];
  if (!names.includes('run.json') || !names.includes('config.json')) {
    const isFree = names.every((name) => name === 'logs' || name === 'config.json' || name.startsWith('.'));
    return isFree ? { kind: 'none' } : { kind: 'foreign' };
  }
  const coordinator = await readCoordinatorFile(folder);
  if (coordinator !== undefined && isAlive(coordinator.pid)) return { kind: 'in-use', pid: coordinator.pid };
  const stored = keptConfigSchema.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')));
  const changedField = changedFieldOf(stored, config);
  const isCompleted =
    (await lastRunEvent(folder)) === 'run.completed' && config.iterations <= stored.iterations;
  return isCompleted
    ? { kind: 'completed', changedField }
    : { kind: 'unfinished', numIterations: stored.iterations, changedField };
}

/** The type of the newest event about the run as a whole, such as run.completed. */
export async function lastRunEvent(folder: string): Promise<string | undefined> {
  const types = (await tailOf(join(folder, 'events.jsonl'))).matchAll(/"type":"(run\.[a-z]+)"/g);
  return Array.from(types, ([, type]) => type).at(-1);
}

async function tailOf(path: string): Promise<string> {
  const file = await ifThere(open(path));
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}
