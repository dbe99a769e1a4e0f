import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ignore, ignoring } from '@atelier/shared/async/ignoring';
import { ifThere } from '@atelier/shared/disk/if-there';
import { keepFile } from '../../data/keep-file.ts';

export interface BlockCacheOptions {
  readonly folder: string;
  /** All blocks together. Each process that uses the folder may be over it by a 32nd. */
  readonly maxBytes: number;
}

interface CachedFile {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** How exactly the last use of a block is known; reading a block more often writes nothing. */
const TOUCH_EVERY_MS = 60_000;
/** The cache is swept when a process has written this part of what may be in it. */
const SWEEP_EVERY = 1 / 32;

/**
 * Blocks of bytes as files, the least recently used of which go. Any number of processes share the folder without
 * locks: a file appears whole, two that write the same block write the same bytes, and one that another has removed is
 * a miss. A cache that cannot be written costs time, nothing else.
 */
export class BlockCache {
  readonly #options: BlockCacheOptions;
  /** Before the first block the folder is as other processes have left it. */
  #bytesUnswept = Number.POSITIVE_INFINITY;

  constructor(options: BlockCacheOptions) {
    this.#options = options;
  }

  /** Bytes `from` to `to` of a block; undefined where it is not kept. */
  async read(name: string, from: number, to: number): Promise<Uint8Array | undefined> {
    const path = this.#pathOf(name);
    try {
      await using handle = await open(path, 'r');
      const bytes = new Uint8Array(to - from);
      const { bytesRead } = await handle.read(bytes, 0, bytes.byteLength, from);
      if (bytesRead < bytes.byteLength) return undefined;
      const now = new Date();
      if (now.getTime() - (await handle.stat()).mtimeMs > TOUCH_EVERY_MS) await handle.utimes(now, now);
      return bytes;
    } catch (error) {
      ignore(error, 'what is not in the cache is fetched');
      return undefined;
    }
  }

  /** @returns whether it is kept */
  async keep(name: string, bytes: Uint8Array): Promise<boolean> {
    if (!(await keepFile(this.#pathOf(name), bytes))) return false;
    this.#bytesUnswept += bytes.byteLength;
    if (this.#bytesUnswept > this.#options.maxBytes * SWEEP_EVERY) {
      this.#bytesUnswept = 0;
      await this.#sweep();
    }
    return true;
  }

  async drop(name: string): Promise<void> {
    await ignoring(
      rm(this.#pathOf(name), { force: true }),
      'a damaged block is told by its checksum every time',
    );
  }

  async #sweep(): Promise<void> {
    const files = await filesIn(this.#options.folder);
    files.sort((a, b) => a.usedMs - b.usedMs);
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of files) {
      if (total <= this.#options.maxBytes) return;
      await ignoring(rm(path, { force: true }), 'the next sweep tries again');
      total -= bytes;
    }
  }

  #pathOf(name: string): string {
    return join(this.#options.folder, name);
  }
}

async function filesIn(folder: string): Promise<CachedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      // Another process may have removed it.
      const found = await ifThere(stat(path));
      return found === undefined ? [] : [{ path, bytes: found.size, usedMs: found.mtimeMs }];
    });
  return (await Promise.all(files)).flat();
}
