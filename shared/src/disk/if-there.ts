import { hasCode } from '../errors/error-code.ts';

/** What was asked of a file or a folder; undefined where there is none. Any other failure stays one. */
export async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
