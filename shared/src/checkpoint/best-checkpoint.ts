import { CHECKPOINT_PREFIX, stepOfKey } from './checkpoint-key.ts';
import type { LoadedCheckpoint } from './checkpoint-reader.ts';
import type { ObjectStore } from './object-store.ts';
import { runFilesOf } from './run-files.ts';

/** Beside `checkpoints/`, out of the reach of retention: a run's folder of its own. */
export const BEST_FOLDER = 'best/';

/**
 * Keeps a copy of a checkpoint as the best one, in place of the one before: `RUN/best` then is a run to whatever reads
 * checkpoints. Until the new one is whole the old one stays.
 * @param store that the checkpoint is in @throws ObjectStoreError
 */
export async function keepBest(checkpoint: LoadedCheckpoint, store: ObjectStore): Promise<void> {
  for await (const { name, bytes } of runFilesOf(checkpoint, store))
    await store.put(`${BEST_FOLDER}${name}`, bytes);
  for (const key of await store.list(`${BEST_FOLDER}${CHECKPOINT_PREFIX}`)) {
    if (stepOfKey(key.slice(BEST_FOLDER.length)) !== checkpoint.manifest.step) await store.remove(key);
  }
}
