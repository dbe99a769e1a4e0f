import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { ObjectStore } from '../store/object-store.ts';
import type { LoadedCheckpoint } from './checkpoint-reader.ts';
import { type RunFile, runFilesOf } from './run-files.ts';

/** The same bytes whenever it is made. */
const NEUTRAL = { mode: 0o644, uid: 0, gid: 0, uname: '', gname: '', mtime: new Date(0) } as const;

/**
 * A run's folder with one checkpoint in it, as a tar stream. The stream fails with an ObjectStoreError.
 * @param store that the checkpoint is in
 */
export function archiveOf(checkpoint: LoadedCheckpoint, store: ObjectStore): Readable {
  const tar = pack();
  const entry = ({ name, bytes }: RunFile): Promise<void> =>
    new Promise((resolve, reject) => {
      const header = { ...NEUTRAL, name, size: bytes.byteLength };
      tar.entry(header, Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
    });
  const write = async (): Promise<void> => {
    for await (const file of runFilesOf(checkpoint, store)) await entry(file);
    tar.finalize();
  };
  write().catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  // Its types do not say so: a stream of buffers.
  return Readable.from(tar as AsyncIterable<Uint8Array>);
}
