import type { RunConfig } from '../config/run-config.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { MANIFEST } from './checkpoint-key.ts';
import type { LoadedCheckpoint } from './checkpoint-reader.ts';
import { type CheckpointManifest, encodeManifest } from './manifest.ts';

/** Of a run's folder. */
export interface RunFile {
  /** In the folder, with '/'. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The files of a run's folder with one checkpoint in it, the manifest last: what `digest`, `sample` and `stylize` need,
 * wherever the run kept its checkpoints. One file of one group is read at a time.
 * @param store that the checkpoint is in
 * @throws ObjectStoreError
 */
export async function* runFilesOf(
  { key, manifest }: LoadedCheckpoint,
  store: ObjectStore,
): AsyncGenerator<RunFile, void, undefined> {
  const { config, files } = runHeadOf(manifest);
  yield* files;
  for (const { name } of manifest.files)
    yield { name: `${key}${name}`, bytes: await store.get(`${key}${name}`) };
  yield { name: `${key}${MANIFEST}`, bytes: encodeManifest({ ...manifest, config }) };
}

/** What says which run it is, and the config that it has as a folder. */
export function runHeadOf(manifest: CheckpointManifest): {
  readonly config: RunConfig;
  readonly files: readonly RunFile[];
} {
  const { runId, createdAt, fingerprint, definition } = manifest;
  const { checkpoint } = manifest.config;
  const config: RunConfig = { ...manifest.config, checkpoint: { ...checkpoint, store: 'local' } };
  return {
    config,
    files: [
      { name: 'config.json', bytes: jsonBytes(config) },
      { name: 'run.json', bytes: jsonBytes({ runId, createdAt, fingerprint, definition }) },
    ],
  };
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
