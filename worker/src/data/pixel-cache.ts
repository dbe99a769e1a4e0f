import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const DIGEST_BYTES = 32;

export interface CachedPixels {
  readonly pixels: Uint8Array;
  /** SHA-256 (hex) of the pixels. */
  readonly digest: string;
}

/**
 * The pixels under `key`, built once and kept as one raw file that ends in their SHA-256. A damaged file is built
 * anew. A cache that cannot be written costs time, nothing else. Two processes may build at once: both write the
 * same bytes, and each file appears whole.
 */
export async function cachedPixels(
  folder: string,
  key: string,
  build: () => Promise<Uint8Array>,
): Promise<CachedPixels> {
  const path = join(folder, `${key}.pixels`);
  const kept = await readKept(path);
  if (kept !== undefined) return kept;
  const pixels = await build();
  const digest = createHash('sha256').update(pixels).digest();
  await keep(folder, path, [pixels, digest]);
  return { pixels, digest: digest.toString('hex') };
}

async function readKept(path: string): Promise<CachedPixels | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined || bytes.length < DIGEST_BYTES) return undefined;
  const pixels = bytes.subarray(0, -DIGEST_BYTES);
  const digest = createHash('sha256').update(pixels).digest();
  return digest.equals(bytes.subarray(-DIGEST_BYTES))
    ? { pixels, digest: digest.toString('hex') }
    : undefined;
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
