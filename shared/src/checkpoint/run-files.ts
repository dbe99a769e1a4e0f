import { MANIFEST } from './checkpoint-key.ts';
import type { LoadedCheckpoint } from './checkpoint-reader.ts';
import { encodeManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';

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
  const { config, runId, createdAt, definition, fingerprint, files } = manifest;
  const local = { ...config, checkpoint: { ...config.checkpoint, store: 'local' as const } };
  yield { name: 'config.json', bytes: jsonBytes(local) };
  yield { name: 'run.json', bytes: jsonBytes({ runId, createdAt, fingerprint, definition }) };
  for (const { name } of files) yield { name: `${key}${name}`, bytes: await store.get(`${key}${name}`) };
  yield { name: `${key}${MANIFEST}`, bytes: encodeManifest({ ...manifest, config: local }) };
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
