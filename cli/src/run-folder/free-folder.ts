import { readdir } from 'node:fs/promises';

/** `folder-2`, `folder-3`, ...: the first that is not there or is empty. */
export async function freeFolderBeside(folder: string): Promise<string> {
  for (let number = 2; ; number++) {
    const candidate = `${folder}-${number}`;
    const names = await readdir(candidate).catch((): string[] => []);
    if (names.length === 0) return candidate;
  }
}
