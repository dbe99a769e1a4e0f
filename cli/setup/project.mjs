// @ts-check
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Stamps and logs of set-up, build and tests. */
export const STATE_FOLDER = join(ROOT, '.atelier');

/** Everything that set-up's commands print. */
export const SETUP_LOG = join(STATE_FOLDER, 'setup.log');

/** @param {string} name of a development tool, as pnpm links it */
export function toolPath(name) {
  return join(ROOT, 'node_modules', '.bin', name);
}

/** The package manager at the version that package.json names: "pnpm@10.34.8". */
export function packageManager() {
  return /** @type {string} */ (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).packageManager);
}
