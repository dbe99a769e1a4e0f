import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring } from '@atelier/shared/async/ignoring';
import { keepFile } from './keep-file.ts';

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
  await keepFile(path, [bytes, digest]);
  return { bytes, digest: digest.toString('hex') };
}

async function readKept(path: string): Promise<CachedBytes | undefined> {
  const kept = await ignoring(readFile(path), 'what is not in the cache is built anew');
  if (kept === undefined || kept.length < DIGEST_BYTES) return undefined;
  const bytes = kept.subarray(0, -DIGEST_BYTES);
  const digest = createHash('sha256').update(bytes).digest();
  return digest.equals(kept.subarray(-DIGEST_BYTES)) ? { bytes, digest: digest.toString('hex') } : undefined;
}
