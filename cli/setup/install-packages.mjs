// @ts-check
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../worker/install/run-command.mjs';
import { packageManager, ROOT, SETUP_LOG, STATE_FOLDER } from './project.mjs';
import { digestOf, Stamp } from './stamp.mjs';

const stamp = new Stamp(STATE_FOLDER, 'packages');

/** What decides the content of node_modules. */
function packagesDigest() {
  const folders = ['', 'proto', 'shared', 'coordinator', 'worker', 'cli', 'test'];
  const manifests = folders.map((folder) => join(folder, 'package.json'));
  const salt = `${packageManager()} ${process.platform} ${process.arch}`;
  return digestOf(ROOT, [...manifests, 'pnpm-lock.yaml', 'pnpm-workspace.yaml'], salt);
}

/** Whether node_modules is what the lockfile says. */
export function arePackagesInstalled() {
  return existsSync(join(ROOT, 'node_modules', '.modules.yaml')) && stamp.isOf(packagesDigest());
}

/**
 * Installs exactly what the lockfile says.
 *
 * @param {(status: string) => void} report
 * @returns {Promise<string>} the outcome
 */
export async function installPackages(report) {
  if (arePackagesInstalled()) return 'unchanged';
  report(`fetching ${packageManager()}`);
  const install = ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'];
  // pnpm would ask before it replaces a node_modules of another layout; nobody can answer here.
  const env = { ...process.env, CI: 'true' };
  await runCommand('npx', ['--yes', packageManager(), ...install], {
    cwd: ROOT,
    env,
    logFile: SETUP_LOG,
    onLine: report,
  });
  stamp.write(packagesDigest());
  return 'installed';
}
