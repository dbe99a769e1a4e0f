import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { z } from 'zod';
import type { CheckpointPlaces } from '../run-folder/checkpoint-places.ts';

const recordSchema = z.object({ runId: z.string().min(1) });

export interface FollowedRun {
  readonly runId: string;
  readonly config: RunConfig;
}

/**
 * Which run it is, and what it is to become: out of its folder, or else out of its first checkpoint, which is waited for.
 * @throws ObjectStoreError
 */
export async function followedRun(
  { folder, config, stores }: CheckpointPlaces,
  wait: () => Promise<void>,
): Promise<FollowedRun> {
  if (folder !== undefined && config !== undefined) {
    const record: unknown = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'));
    return { ...recordSchema.parse(record), config };
  }
  for (;;) {
    const { checkpoint } = await loadNewestGood(stores);
    if (checkpoint !== undefined) {
      const { runId, config: itsConfig } = checkpoint.manifest;
      return { runId, config: itsConfig };
    }
    await wait();
  }
}
