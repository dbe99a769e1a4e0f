import type { RunConfig } from '../config/run-config.ts';
import { LocalStore } from '../store/local-store.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { openStore } from '../store/open-store.ts';
import { isS3Url } from '../store/s3-connection.ts';

/** Where the checkpoints of a run are. */
export interface RunStores {
  /** Where they are saved. */
  readonly main: ObjectStore;
  /** The run's folder, for a last state that a bucket did not take. Undefined where the folder is the main one. */
  readonly fallback: ObjectStore | undefined;
}

/**
 * A bucket is shared by runs, so each has its name in it: `s3://bucket/prefix/NAME/checkpoints/step-...`; a run's folder is
 * its own: `checkpoints/step-...`.
 * @throws ObjectStoreError as openStore
 */
export function openRunStores(
  { name, checkpoint }: Pick<RunConfig, 'name' | 'checkpoint'>,
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): RunStores {
  const inFolder = new LocalStore(folder);
  if (!isS3Url(checkpoint.store)) return { main: inFolder, fallback: undefined };
  return {
    main: openStore(`${checkpoint.store.replace(/\/$/, '')}/${name}`, folder, env),
    fallback: inFolder,
  };
}
