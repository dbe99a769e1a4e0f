// @ts-check
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * @typedef {object} Missing
 * @property {string} what with what was found instead, if anything
 * @property {string} why
 * @property {Readonly<Record<'Debian, Ubuntu' | 'Fedora' | 'macOS', string>>} how by system
 *
 * @typedef {object} Machine what is looked at
 * @property {string} nodeVersion without the v
 * @property {NodeJS.ProcessEnv} env its PATH is searched
 */

/** Something that must be on the machine first is not. */
export class RequirementsError extends Error {
  /** @readonly */
  code = 'requirements-missing';

  /** @param {readonly Missing[]} missing */
  constructor(missing) {
    super(
      [
        'Atelier needs what this machine does not have:',
        ...missing.map(describe),
        'Then run the same command again.',
      ].join('\n'),
    );
    this.name = 'RequirementsError';
    this.missing = missing;
  }
}

/** @param {Missing} missing */
function describe({ what, why, how }) {
  const ways = Object.entries(how).map(([system, way]) => `      ${`${system}:`.padEnd(16)}${way}`);
  return [`  - ${what} (${why})`, ...ways].join('\n');
}

/**
 * @param {Machine} [machine]
 * @returns {Promise<Missing[]>} in the order in which they are needed
 */
export async function missingRequirements(
  machine = { nodeVersion: process.versions.node, env: process.env },
) {
  const { nodeVersion, env } = machine;
  const [python, pip, compiler, make] = await Promise.all([
    answerOf('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], env),
    answerOf('python3', ['-m', 'pip', '--version'], env),
    answerOf(env.CXX || 'g++', ['--version'], env),
    answerOf('make', ['--version'], env),
  ]);
  /** @type {Missing[]} */
  const missing = [];
  if (!isSupportedNode(nodeVersion)) {
    missing.push({
      what: `Node.js >= 20.20 and < 23, found ${nodeVersion}`,
      why: 'TensorFlow for Node uses functions that later versions removed',
      how: {
        'Debian, Ubuntu': 'https://nodejs.org/en/download, version 22',
        Fedora: 'sudo dnf install nodejs22',
        macOS: 'brew install node@22',
      },
    });
  }
  if (python === undefined || !isAtLeast(python, 3, 9)) {
    missing.push({
      what: `Python >= 3.9${python === undefined ? '' : `, found ${python}`}`,
      why: 'fetches TensorFlow and drives the compiler',
      how: {
        'Debian, Ubuntu': 'sudo apt install python3 python3-pip',
        Fedora: 'sudo dnf install python3 python3-pip',
        macOS: 'brew install python',
      },
    });
  } else if (pip === undefined) {
    missing.push({
      what: 'pip for Python 3',
      why: 'fetches TensorFlow',
      how: {
        'Debian, Ubuntu': 'sudo apt install python3-pip',
        Fedora: 'sudo dnf install python3-pip',
        macOS: 'python3 -m ensurepip',
      },
    });
  }
  if (compiler === undefined) {
    missing.push({
      what: env.CXX ? `the C++ compiler ${env.CXX} that CXX names` : 'a C++ compiler (g++)',
      why: 'compiles the bridge between Node and TensorFlow',
      how: {
        'Debian, Ubuntu': 'sudo apt install g++',
        Fedora: 'sudo dnf install gcc-c++',
        macOS: 'xcode-select --install',
      },
    });
  }
  if (make === undefined) {
    missing.push({
      what: 'make',
      why: 'compiles the bridge between Node and TensorFlow',
      how: {
        'Debian, Ubuntu': 'sudo apt install make',
        Fedora: 'sudo dnf install make',
        macOS: 'xcode-select --install',
      },
    });
  }
  return missing;
}

/** @param {string} version */
export function isSupportedNode(version) {
  return isAtLeast(version, 20, 20) && !isAtLeast(version, 23, 0);
}

/**
 * @param {string} version
 * @param {number} major
 * @param {number} minor
 */
function isAtLeast(version, major, minor) {
  const [haveMajor = 0, haveMinor = 0] = version.trim().split('.').map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>} what it prints; none when it is not there or fails
 */
async function answerOf(command, args, env) {
  try {
    return (await promisify(execFile)(command, args, { env, timeout: 30_000 })).stdout.trim();
  } catch (error) {
    // Neither there nor of use: both are codes of execFile. Anything else is a fault of this file.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
