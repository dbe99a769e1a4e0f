// @ts-check
import { existsSync, realpathSync } from 'node:fs';
import { cp, mkdir, rename, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { ADDON_PATH, localNodeHeaders } from './compile-addon.mjs';
import { runCommand } from './run-command.mjs';

const require = createRequire(import.meta.url);

/** The TensorFlow that the tfjs package's own install script downloads. */
export const PACKAGE_TENSORFLOW_VERSION = '2.9.1';

/**
 * The second way: the tfjs package's own download of libtensorflow and its addon. It runs on a copy, since the
 * script rewrites files of the package, which the package manager may share with other projects.
 *
 * @param {string} packageFolder the installed tfjs package
 * @param {import('./wheels.mjs').EngineVariant} variant
 * @param {string} engineFolder receives `deps/lib/` and the addon at ADDON_PATH
 * @param {{ scratch: string, logFile: string, report: (status: string) => void }} options
 */
export async function downloadWithPackageScript(
  packageFolder,
  variant,
  engineFolder,
  { scratch, logFile, report },
) {
  report("running the tfjs package's own download");
  const copy = join(scratch, 'tfjs-node-gpu');
  await mkdir(copy, { recursive: true });
  for (const part of ['package.json', 'binding.gyp', 'binding', 'scripts']) {
    await cp(join(packageFolder, part), join(copy, part), { recursive: true });
  }
  // The package's dependencies stand beside it, two folders up (it is scoped).
  await symlink(dirname(dirname(realpathSync(packageFolder))), join(copy, 'node_modules'));

  const headers = localNodeHeaders();
  await runCommand(process.execPath, ['scripts/install.js', variant === 'cuda' ? 'gpu' : 'cpu', 'download'], {
    cwd: copy,
    env: {
      ...process.env,
      PATH: [join(packageFolder, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
      // node-pre-gyp, which the script calls, compiles with it where no compiled addon is to be had.
      npm_config_node_gyp: require.resolve('node-gyp/bin/node-gyp.js'),
      ...(headers === undefined ? {} : { npm_config_nodedir: headers }),
    },
    logFile,
    onLine: (line) => report(line.slice(0, 80)),
    timeoutMs: 20 * 60_000,
  });
  // The script ends with 0 also when its download fails half-way.
  if (!existsSync(join(copy, ADDON_PATH))) throw new Error('the script ended without an addon');
  await mkdir(engineFolder, { recursive: true });
  await rename(join(copy, 'deps'), join(engineFolder, 'deps'));
  await rename(join(copy, 'lib'), join(engineFolder, 'lib'));
}
