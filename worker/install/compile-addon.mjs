// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.mjs';

/** The addon speaks Node-API 8, which every supported Node keeps: one build serves them all. */
export const NODE_API_VERSION = 8;

/** Where the addon stands below the engine's folder and below the tfjs package alike. */
export const ADDON_PATH = `lib/napi-v${NODE_API_VERSION}/tfjs_binding.node`;

/** Where the addon with ops of our own stands below the engine's folder; it is compiled for x64 alone. */
export const OPS_ADDON_PATH = `lib/napi-v${NODE_API_VERSION}/atelier_ops.node`;

/** Where the addon stands that keeps TensorFlow's chatter off the terminal. */
export const LOG_ADDON_PATH = `lib/napi-v${NODE_API_VERSION}/atelier_quiet_log.node`;

const require = createRequire(import.meta.url);

const NATIVE = fileURLToPath(new URL('../native', import.meta.url));

// $ORIGIN is the folder of the addon's real path, so the cache can be moved or copied into an image. Each kind of
// processor has a library of its own, compiled for it: which one is used is decided when the ops are loaded.
const BINDING_GYP = `{
  'target_defaults': {
    'include_dirs': ['.', '<(engine)/tensorflow/include'],
    'defines': ['NAPI_VERSION=${NODE_API_VERSION}'],
    'cflags_cc!': ['-std=gnu++20'],
    'cflags_cc': ['-std=gnu++17'],
  },
  'targets': [{
    'target_name': 'tfjs_binding',
    'sources': ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'],
    'cflags_cc': ['-w'],
    'library_dirs': ['<(engine)/tensorflow'],
    'libraries': ['-ltensorflow', '-ltensorflow_framework', "-Wl,-rpath,'$$ORIGIN/../../tensorflow'"],
  }, {
    'target_name': 'atelier_quiet_log',
    'sources': ['native/quiet-log.cc'],
  }],
  'conditions': [['target_arch=="x64"', {
    'targets': [{
      'target_name': 'kernels_avx512',
      'type': 'static_library',
      'sources': ['native/kernels-avx512.cc'],
      'cflags_cc': ['-ffp-contract=off', '-fno-trapping-math', '-mavx512f', '-mfma'],
    }, {
      'target_name': 'kernels_avx2',
      'type': 'static_library',
      'sources': ['native/kernels-avx2.cc'],
      'cflags_cc': ['-ffp-contract=off', '-fno-trapping-math', '-mavx2', '-mfma'],
    }, {
      'target_name': 'atelier_ops',
      'sources': [
        'native/addon.cc',
        'native/convolution-ops.cc',
        'native/elementwise-op.cc',
        'native/registered-op.cc',
      ],
      'dependencies': ['kernels_avx512', 'kernels_avx2'],
      'library_dirs': ['<(engine)/tensorflow'],
      'libraries': ['-ltensorflow_framework', "-Wl,-rpath,'$$ORIGIN/../../tensorflow'"],
    }],
  }]],
}
`;

/**
 * Compiles the two C++ files of the tfjs package and our own addons against the library in an engine's folder.
 *
 * @param {string} packageFolder the installed tfjs package
 * @param {string} engineFolder holds `tensorflow/` from the wheel; receives the addon at ADDON_PATH and ours beside it
 * @param {{ scratch: string, logFile: string, report: (status: string) => void }} options
 */
export async function compileAddon(packageFolder, engineFolder, { scratch, logFile, report }) {
  report('compiling the addon');
  const build = join(scratch, 'addon');
  await mkdir(build, { recursive: true });
  await cp(join(packageFolder, 'binding'), join(build, 'binding'), { recursive: true });
  await cp(NATIVE, join(build, 'native'), { recursive: true });
  await writeFile(join(build, 'binding.gyp'), BINDING_GYP);
  await writeFile(join(build, 'package.json'), '{ "name": "tfjs-binding", "version": "0.0.0" }\n');
  const library = (await readdir(join(engineFolder, 'tensorflow'))).find((name) =>
    name.startsWith('libtensorflow_cc.so'),
  );
  if (library === undefined) throw new Error(`no libtensorflow_cc.so in ${join(engineFolder, 'tensorflow')}`);
  await symlink(library, join(engineFolder, 'tensorflow', 'libtensorflow.so'));
  const framework = library.replace('_cc', '_framework');
  await symlink(framework, join(engineFolder, 'tensorflow', 'libtensorflow_framework.so'));

  const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js');
  const headers = localNodeHeaders();
  await runCommand(
    process.execPath,
    [
      nodeGyp,
      'rebuild',
      '--release',
      ...(headers === undefined ? [] : [`--nodedir=${headers}`]),
      '--',
      `-Dengine=${engineFolder}`,
    ],
    { cwd: build, logFile, timeoutMs: 15 * 60_000 },
  );
  const addon = join(engineFolder, ADDON_PATH);
  await mkdir(dirname(addon), { recursive: true });
  await copyFile(join(build, 'build', 'Release', 'tfjs_binding.node'), addon);
  for (const path of [LOG_ADDON_PATH, OPS_ADDON_PATH]) {
    const built = join(build, 'build', 'Release', basename(path));
    if (existsSync(built)) await copyFile(built, join(engineFolder, path));
  }
}

/**
 * What the addons are compiled from, as eight hex digits: another tfjs release, other ops or another recipe are other
 * addons.
 *
 * @param {string} packageFolder
 * @param {readonly string[]} sourceNames
 */
export function addonVersion(packageFolder, sourceNames) {
  const hash = createHash('sha256').update(BINDING_GYP);
  for (const name of [...sourceNames].sort()) hash.update(readFileSync(join(packageFolder, 'binding', name)));
  for (const name of readdirSync(NATIVE).sort()) hash.update(name).update(readFileSync(join(NATIVE, name)));
  return hash.digest('hex').slice(0, 8);
}

/**
 * Node's own headers, where the installation brought them and they are of the running version; node-gyp downloads
 * them otherwise.
 *
 * @returns {string | undefined} the folder that holds include/node
 */
export function localNodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  const header = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(header)) return undefined;
  const text = readFileSync(header, 'utf8');
  const version = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => text.match(new RegExp(`NODE_${part}_VERSION (\\d+)`))?.[1],
  );
  return version.join('.') === process.versions.node ? prefix : undefined;
}
