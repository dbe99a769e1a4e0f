// @ts-check

/**
 * What was asked of a file or a folder; undefined where there is none. Any other failure stays one.
 *
 * @template T
 * @param {Promise<T>} asked
 * @returns {Promise<T | undefined>}
 */
export async function ifThere(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}
