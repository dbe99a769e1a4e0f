import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExportError } from '../trained/export-error.ts';

/** Where `npm run build` puts the page (worker/page): the same path from src/ and from dist/. */
const FOLDER = fileURLToPath(new URL('../../dist/page', import.meta.url));

/**
 * The page that runs a TF.js export in a browser, by file name.
 * @throws ExportError not-built
 */
export async function readExportPage(): Promise<ReadonlyMap<string, Uint8Array>> {
  if (!existsSync(join(FOLDER, 'index.html')))
    throw new ExportError('not-built', 'the web page of the export is not built: run npm run build');
  const entries = await readdir(FOLDER, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(FOLDER, path).replaceAll('\\', '/'), await readFile(path)] as const;
    });
  return new Map(await Promise.all(files));
}
