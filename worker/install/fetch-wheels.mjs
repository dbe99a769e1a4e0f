// @ts-check

import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ifThere } from './if-there.mjs';
import { runCommand } from './run-command.mjs';

/** @typedef {import('./wheels.mjs').WheelSet} WheelSet */

const PYTHON = 'python3';
const UNPACKER = fileURLToPath(new URL('./unpack-wheel.py', import.meta.url));

/**
 * What is taken from the wheels, under the same paths as pip would install: the libraries find each other by paths
 * relative to their own. The headers are the few that the addon's sources include.
 */
const CHOSEN = [
  'tensorflow/libtensorflow_cc.so',
  'tensorflow/libtensorflow_framework.so',
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/tensorflow/core/common_runtime/next_pluggable_device/c/',
  'tensorflow/include/tsl/platform/ctstring',
  'tensorflow/include/tsl/platform/platform.h',
  'tensorflow/include/xla/tsl/c/',
  'nvidia/!/include/',
];

/**
 * Arguments for pip that fetch exactly the pinned wheels, on any version of Python 3.
 *
 * @param {WheelSet} set
 * @param {string} requirementsFile
 * @param {string} into
 * @returns {string[]}
 */
export function pipDownloadArguments(set, requirementsFile, into) {
  return [
    ...['-m', 'pip', 'download', '--disable-pip-version-check', '--no-cache-dir', '--no-deps', '--no-input'],
    ...['--progress-bar', 'off', '--require-hashes', '--only-binary=:all:', '--python-version', '3.11'],
    ...['--implementation', 'cp', '--abi', 'cp311', '--abi', 'none'],
    ...set.pipPlatforms.flatMap((platform) => ['--platform', platform]),
    ...['--dest', into, '--requirement', requirementsFile],
  ];
}

/**
 * @param {WheelSet} set
 * @returns {string} a pip requirements file with hashes
 */
export function requirementsOf(set) {
  return set.wheels
    .map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`)
    .join('');
}

/**
 * Downloads a set of wheels with pip, which checks their SHA-256, and unpacks the libraries and headers, which are
 * checked against the hashes inside the wheel.
 *
 * @param {WheelSet} set
 * @param {string} into an empty folder; receives `tensorflow/` and, for CUDA, `nvidia/`
 * @param {{ scratch: string, logFile: string, report: (status: string) => void }} options
 */
export async function fetchWheels(set, into, { scratch, logFile, report }) {
  const wheelFolder = join(scratch, 'wheels');
  const pipTemporary = join(scratch, 'pip');
  await mkdir(wheelFolder, { recursive: true });
  await mkdir(pipTemporary, { recursive: true });
  const requirementsFile = join(scratch, 'requirements.txt');
  await writeFile(requirementsFile, requirementsOf(set));

  // pip writes the file that it is downloading under its temporary folder: its growth is the progress.
  const timer = setInterval(() => {
    void sizeOf([wheelFolder, pipTemporary]).then((bytes) =>
      report(`downloading TensorFlow, ${megabytes(bytes)}`),
    );
  }, 500);
  try {
    await runCommand(PYTHON, pipDownloadArguments(set, requirementsFile, wheelFolder), {
      env: { ...process.env, TMPDIR: pipTemporary },
      logFile,
    });
  } finally {
    clearInterval(timer);
  }

  for (const wheel of (await readdir(wheelFolder)).sort()) {
    report(`unpacking and checking ${wheel.split('-', 2).join(' ')}`);
    await runCommand(PYTHON, [UNPACKER, join(wheelFolder, wheel), into, ...CHOSEN], {
      logFile,
    });
  }
}

/**
 * A file that pip is moving stands in both folders for a while: it counts once.
 *
 * @param {readonly string[]} folders
 */
async function sizeOf(folders) {
  /** @type {Map<string, number>} */
  const sizes = new Map();
  for (const folder of folders) {
    // Files come and go while pip works: one that has gone counts as nothing.
    const names = (await ifThere(readdir(folder, { recursive: true }))) ?? [];
    for (const name of names) {
      const info = await ifThere(stat(join(folder, name)));
      if (info?.isFile()) sizes.set(basename(name), Math.max(info.size, sizes.get(basename(name)) ?? 0));
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
