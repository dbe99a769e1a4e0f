import { readFile } from 'node:fs/promises';
import { hasCode } from '@atelier/shared/errors/error-code';
import { DatasetError } from './dataset.ts';

/** The whole file, or a DatasetError that names it. */
export async function readDataFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

export function fileError(path: string, error: unknown): DatasetError {
  if (hasCode(error, 'ENOENT')) {
    return new DatasetError('not-found', `${path} does not exist: check the path`, {
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new DatasetError('unreadable', `${path} cannot be read: ${reason}`, { cause: error });
}
