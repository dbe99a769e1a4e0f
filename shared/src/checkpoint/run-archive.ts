import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { MANIFEST } from './checkpoint-key.ts';
import type { LoadedCheckpoint } from './checkpoint-reader.ts';
import { encodeManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';

/** The same bytes whenever it is made. */
const NEUTRAL = { mode: 0o644, uid: 0, gid: 0, uname: '', gname: '', mtime: new Date(0) } as const;

/**
 * A run's folder with one checkpoint in it, as a tar stream: what `digest`, `sample` and `stylize` need, wherever the run
 * kept its checkpoints. Holds a file of one group in memory at a time; the stream fails with an ObjectStoreError.
 * @param store that the checkpoint is in
 */
export function archiveOf({ key, manifest }: LoadedCheckpoint, store: ObjectStore): Readable {
  const { config, runId, createdAt, definition, fingerprint, files } = manifest;
  const local = { ...config, checkpoint: { ...config.checkpoint, store: 'local' as const } };
  const moved = { ...manifest, config: local };
  const tar = pack();
  const entry = (name: string, bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      const header = { ...NEUTRAL, name, size: bytes.byteLength };
      tar.entry(header, Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
    });
  const write = async (): Promise<void> => {
    await entry('config.json', jsonBytes(local));
    await entry('run.json', jsonBytes({ runId, createdAt, fingerprint, definition }));
    for (const { name } of files) await entry(`${key}${name}`, await store.get(`${key}${name}`));
    await entry(`${key}${MANIFEST}`, encodeManifest(moved));
    tar.finalize();
  };
  write().catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  // Its types do not say so: a stream of buffers.
  return Readable.from(tar as AsyncIterable<Uint8Array>);
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
