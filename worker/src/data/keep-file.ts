import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ignore, ignoring } from '@atelier/shared/async/ignoring';

/**
 * A file of a cache, which appears whole for every process. A cache that cannot be written costs time, nothing else.
 * @returns whether it is kept
 */
export async function keepFile(path: string, content: Uint8Array | readonly Uint8Array[]): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content);
    await rename(temporary, path);
    return true;
  } catch (error) {
    ignore(error, 'the caller hears that it is not kept');
    await ignoring(rm(temporary, { force: true }), 'what is left of it is only room on a disk');
    return false;
  }
}
