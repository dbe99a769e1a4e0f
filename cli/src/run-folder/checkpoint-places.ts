import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type LoadedCheckpoint,
  listCheckpoints,
  loadNewestGood,
  readCheckpoint,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import { openRunStores } from '@atelier/shared/checkpoint/run-stores';
import { keptConfigSchema } from '@atelier/shared/config/kept-config';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { ObjectStore } from '@atelier/shared/store/object-store';
import { openStore } from '@atelier/shared/store/open-store';
import { isS3Url } from '@atelier/shared/store/s3-connection';
import { findRun } from '../operator/find-coordinator.ts';
import { CommandError } from '../terminal/command-error.ts';
import { say } from '../terminal/output.ts';

/** What --run and the like say where a checkpoint is read. */
export const RUN_PLACE =
  "the run's folder, or the place of its checkpoints, s3://bucket/prefix/NAME (default: the newest run under ./runs)";

/** Where the checkpoints of a run are, however it was named. */
export interface CheckpointPlaces {
  /** In words. */
  readonly place: string;
  /** The first one has what stands in several. */
  readonly stores: readonly ObjectStore[];
  /** The run's folder, unless it was named by its place in a bucket. */
  readonly folder: string | undefined;
  /** As the run goes on with it; known where the folder is. */
  readonly config: RunConfig | undefined;
}

/** @throws CommandError, ObjectStoreError */
export async function openCheckpointPlaces(given: string | undefined): Promise<CheckpointPlaces> {
  if (given !== undefined && isS3Url(given)) {
    const store = openStore(given, '.');
    return { place: store.location, stores: [store], folder: undefined, config: undefined };
  }
  const folder = await findRun(given);
  const config = await readRunConfig(folder);
  const { main, fallback } = openRunStores(config, folder);
  const stores = fallback === undefined ? [main] : [main, fallback];
  return { place: main.location, stores, folder, config };
}

/** Says what is damaged on the way to it. @throws CommandError when there is none, ObjectStoreError */
export async function newestCheckpoint({ place, stores }: CheckpointPlaces): Promise<LoadedCheckpoint> {
  const { checkpoint, damaged } = await loadNewestGood(stores);
  for (const { key, reason } of damaged) say(`${key} is damaged (${reason}); looking at an older one`);
  if (checkpoint !== undefined) return checkpoint;
  throw new CommandError(
    'failure',
    `${place} has no checkpoint that can be read (${damaged.length} are damaged or unfinished): let the run write one, or name another run`,
  );
}

/** @throws CommandError that names those that are there, CheckpointError when it is damaged, ObjectStoreError */
export async function checkpointOfStep(
  { place, stores }: CheckpointPlaces,
  step: number,
): Promise<LoadedCheckpoint> {
  const steps: number[] = [];
  for (const store of stores) {
    const listed = (await listCheckpoints(store)).filter(({ hasManifest }) => hasManifest);
    if (listed.some((candidate) => candidate.step === step)) return readCheckpoint(store, step);
    steps.push(...listed.map((candidate) => candidate.step));
  }
  const there = steps.length === 0 ? 'none' : steps.join(', ');
  throw new CommandError(
    'failure',
    `${place} has no checkpoint of step ${step}: choose one of these steps: ${there}`,
  );
}

async function readRunConfig(folder: string): Promise<RunConfig> {
  const path = join(folder, 'config.json');
  try {
    return keptConfigSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new CommandError(
      'failure',
      `${path}, the config of the run, cannot be read: restore this file from a backup`,
      { cause },
    );
  }
}
