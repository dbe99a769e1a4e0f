import type { ObjectStore } from '../store/object-store.ts';
import { prefixedStore } from '../store/prefixed-store.ts';
import { CHECKPOINT_PREFIX, stepOfKey } from './checkpoint-key.ts';
import type { LoadedCheckpoint } from './checkpoint-reader.ts';
import { writeCheckpoint } from './checkpoint-writer.ts';
import { runHeadOf } from './run-files.ts';

/** Beside `checkpoints/`, out of the reach of retention: a run's folder of its own. */
export const BEST_FOLDER = 'best/';

/**
 * Keeps a copy of a checkpoint as the best one, in place of the one before: `RUN/best` then is a run to whatever reads
 * checkpoints. Until the new one is whole the old one stays. The run may have deleted its own meanwhile.
 * @param store of the run @throws ObjectStoreError
 */
export async function keepBest({ manifest, snapshot }: LoadedCheckpoint, store: ObjectStore): Promise<void> {
  const best = prefixedStore(store, BEST_FOLDER);
  const { config, files } = runHeadOf(manifest);
  for (const { name, bytes } of files) await best.put(name, bytes);
  await writeCheckpoint(best, snapshot, { ...manifest, config });
  for (const key of await best.list(CHECKPOINT_PREFIX)) {
    if (stepOfKey(key) !== manifest.step) await best.remove(key);
  }
}
