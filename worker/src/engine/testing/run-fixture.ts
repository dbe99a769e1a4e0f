import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// Node 20 runs no TypeScript: the loader that does is this package's dependency, found from its folder.
const WORKER_PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));

/** What a TypeScript program prints as JSON, in a process of its own: an engine's settings last as long as that. */
export async function runFixture<Printed>(
  program: URL,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Printed> {
  const flags = ['--import', 'jiti/register', '--conditions=source'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, fileURLToPath(program), ...args],
    { cwd: WORKER_PACKAGE, env: { ...process.env, ...env } },
  );
  return JSON.parse(stdout);
}
