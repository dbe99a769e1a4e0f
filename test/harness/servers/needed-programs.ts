import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ProgramName } from './program.ts';

/** The files that a test imports to have a program. */
const STARTERS: ReadonlyMap<string, ProgramName> = new Map(
  Object.entries({
    'nats-server.ts': 'nats',
    'minio-server.ts': 'minio',
    'prometheus-server.ts': 'prometheus',
    'promtool.ts': 'promtool',
    'chromium.ts': 'chromium',
    'kustomize.ts': 'kustomize',
  } as const).map(([file, name]) => [join(import.meta.dirname, file), name]),
);
const RELATIVE_IMPORT = /\bfrom\s+'(\.[^']+\.ts)'/g;

/** What test files need, by what they import and what that imports: nothing is installed for tests that do not run. */
export async function neededPrograms(testFiles: readonly string[]): Promise<ProgramName[]> {
  const seen = new Set<string>();
  const needed = new Set<ProgramName>();
  const follow = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const name = STARTERS.get(file);
    if (name !== undefined) needed.add(name);
    for (const [, path = ''] of (await readFile(file, 'utf8')).matchAll(RELATIVE_IMPORT)) {
      await follow(resolve(dirname(file), path));
    }
  };
  for (const file of testFiles) await follow(file);
  return [...needed].sort();
}
