import { readdir } from 'node:fs/promises';
import { hasCode } from '@atelier/shared/errors/error-code';

/** `folder-2`, `folder-3`, ...: the first that is not there or is empty. */
export async function freeFolderBeside(folder: string): Promise<string> {
  for (let number = 2; ; number++) {
    const candidate = `${folder}-${number}`;
    if (await isFree(candidate)) return candidate;
  }
}

async function isFree(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    // A file, or a folder that another user keeps to himself.
    if (hasCode(error, 'ENOTDIR', 'EACCES')) return false;
    throw error;
  }
}
