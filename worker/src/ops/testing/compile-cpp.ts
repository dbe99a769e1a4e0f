import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { linkedEngineFolder } from '@atelier/worker/install/engine-paths';

const NATIVE = fileURLToPath(new URL('../../../native', import.meta.url));

/**
 * Compiles a C++ program that uses headers of `worker/native` and of the engine's TensorFlow.
 * @param output the program's path, or the library's where the flags ask for one
 */
export async function compileCpp(program: URL, output: string, flags: readonly string[] = []): Promise<void> {
  const include = join(linkedEngineFolder() ?? '', 'tensorflow', 'include');
  await promisify(execFile)('c++', [
    '-std=gnu++17',
    '-Wall',
    '-Werror',
    ...flags,
    `-I${NATIVE}`,
    `-isystem${include}`,
    fileURLToPath(program),
    '-ldl',
    '-o',
    output,
  ]);
}
