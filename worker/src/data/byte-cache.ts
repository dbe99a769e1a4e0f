import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const DIGEST_BYTES = 32;

export interface CachedBytes {
  readonly bytes: Uint8Array;
  /** SHA-256 (hex) of the bytes. */
  readonly digest: string;
}

/**
 * The bytes under a file's name, built once and kept as one raw file that ends in their SHA-256. A damaged file is built
 * anew. A cache that cannot be written costs time, nothing else. Two processes may build at once: both write the
 * same bytes, and each file appears whole.
 */
export async function cachedBytes(
  folder: string,
  file: string,
  build: () => Promise<Uint8Array>,
): Promise<CachedBytes> {
  const path = join(folder, file);
  const kept = await readKept(path);
  if (kept !== undefined) return kept;
  const bytes = await build();
  const digest = createHash('sha256').update(bytes).digest();
  await keep(folder, path, [bytes, digest]);
  return { bytes, digest: digest.toString('hex') };
}

async function readKept(path: string): Promise<CachedBytes | undefined> {
  const kept = await readFile(path).catch(() => undefined);
  if (kept === undefined || kept.length < DIGEST_BYTES) return undefined;
  const bytes = kept.subarray(0, -DIGEST_BYTES);
  const digest = createHash('sha256').update(bytes).digest();
  return digest.equals(kept.subarray(-DIGEST_BYTES)) ? { bytes, digest: digest.toString('hex') } : undefined;
}

async function keep(folder: string, path: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, parts);
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}
