import { dirname, join, resolve, sep } from 'node:path';
import { ignore } from '../async/ignoring.ts';
import type { Disk } from '../disk/disk.ts';
import { readFrom } from '../disk/read-from.ts';
import { systemDisk } from '../disk/system-disk.ts';
import { hasCode } from '../errors/error-code.ts';
import { checkObjectKey } from './object-key.ts';
import { type ObjectStore, ObjectStoreError } from './object-store.ts';

/** Begins with a dot, so that no key names it. On the same file system as the objects, so that rename is atomic. */
const UNFINISHED = '.unfinished';

/** A folder as object store, with one writer at a time. Objects survive a power failure once `put` has returned. */
export class LocalStore implements ObjectStore {
  readonly location: string;
  readonly #disk: Disk;
  #numPuts = 0;
  #swept: Promise<void> | undefined;

  constructor(folder: string, disk: Disk = systemDisk) {
    this.#disk = disk;
    this.location = resolve(folder);
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    checkObjectKey(key);
    await this.#attempt(`write ${key}`, signal, async () => {
      const unfinished = join(this.location, UNFINISHED);
      await this.#sweep(unfinished);
      await this.#disk.mkdir(unfinished, { recursive: true });
      this.#numPuts += 1;
      const temporary = join(unfinished, `${process.pid}-${this.#numPuts}`);
      try {
        await this.#writeDurably(temporary, bytes);
        signal?.throwIfAborted();
        const path = join(this.location, key);
        const firstMade = await this.#disk.mkdir(dirname(path), { recursive: true });
        await this.#disk.rename(temporary, path);
        await this.#syncFolders(dirname(path), firstMade === undefined ? dirname(path) : dirname(firstMade));
      } finally {
        await this.#disk.rm(temporary);
      }
    });
  }

  async get(key: string, signal?: AbortSignal): Promise<Uint8Array> {
    checkObjectKey(key);
    return this.#attempt(`read ${key}`, signal, async () => {
      try {
        return await this.#disk.readFile(join(this.location, key), signal ? { signal } : {});
      } catch (cause) {
        if (!isMissing(cause)) throw cause;
        throw new ObjectStoreError('not-found', `${this.location} has no ${key}`, { cause });
      }
    });
  }

  async getRange(key: string, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    checkObjectKey(key);
    return this.#attempt(`read ${key}`, signal, async () => {
      try {
        const handle = await this.#disk.open(join(this.location, key), 'r');
        try {
          const bytes = await readFrom(handle, offset, length);
          if (bytes.byteLength === length) return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
          const ends = `${key} ends before byte ${offset + length}`;
          throw new ObjectStoreError('truncated', `${this.location}: ${ends}`);
        } finally {
          await handle.close();
        }
      } catch (cause) {
        if (!isMissing(cause)) throw cause;
        throw new ObjectStoreError('not-found', `${this.location} has no ${key}`, { cause });
      }
    });
  }

  async list(prefix: string, signal?: AbortSignal): Promise<string[]> {
    return this.#attempt(`list ${prefix}`, signal, async () => {
      const files = await this.#disk.listFiles(this.location).catch(emptyIfMissing);
      return files
        .map((file) => file.split(sep).join('/'))
        .filter((key) => key.startsWith(prefix) && !key.startsWith(`${UNFINISHED}/`))
        .sort();
    });
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    checkObjectKey(key);
    await this.#attempt(`remove ${key}`, signal, async () => {
      const path = join(this.location, key);
      await this.#disk.rm(path).catch(emptyIfMissing);
      // Folders are no objects: an empty one goes, up to the first that is not empty.
      for (let folder = dirname(path); folder.startsWith(this.location + sep); folder = dirname(folder)) {
        const isGone = await this.#disk.rmdir(folder).then(
          () => true,
          (error: unknown) => {
            ignore(error, 'a folder that stays holds other objects, or is only a folder');
            return false;
          },
        );
        if (!isGone) break;
      }
    });
  }

  /** Removes what a killed writer left behind, once, before the first object is written. */
  #sweep(unfinished: string): Promise<void> {
    this.#swept ??= this.#disk.rm(unfinished, { recursive: true }).catch((error: unknown) => {
      this.#swept = undefined;
      throw error;
    });
    return this.#swept;
  }

  async #attempt<T>(what: string, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
    try {
      signal?.throwIfAborted();
      return await act();
    } catch (cause) {
      if (cause instanceof ObjectStoreError) throw cause;
      if (signal?.aborted) {
        throw new ObjectStoreError('unavailable', `${this.location}: gave up trying to ${what}`, { cause });
      }
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ObjectStoreError('unavailable', `${this.location}: cannot ${what}: ${reason}`, { cause });
    }
  }

  /** A rename and a new folder are durable once the folders that name them are. */
  async #syncFolders(from: string, upTo: string): Promise<void> {
    for (let folder = from; folder.length >= upTo.length; folder = dirname(folder)) {
      const handle = await this.#disk.open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (folder === dirname(folder)) break;
    }
  }

  async #writeDurably(path: string, bytes: Uint8Array): Promise<void> {
    const handle = await this.#disk.open(path, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR');
}

function emptyIfMissing(error: unknown): [] {
  if (isMissing(error)) return [];
  throw error;
}
