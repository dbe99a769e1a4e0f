// @ts-check
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonLink } from '../../worker/install/engine-paths.mjs';
import { installEngine } from '../../worker/install/install-engine.mjs';
import { withInstallLock } from '../../worker/install/install-lock.mjs';
import { build, isBuilt } from './build.mjs';
import { arePackagesInstalled, installPackages } from './install-packages.mjs';
import { SETUP_LOG, STATE_FOLDER } from './project.mjs';
import { missingRequirements, RequirementsError } from './requirements.mjs';
import { runSteps } from './run-steps.mjs';

/** Whether everything that `atelier` runs on is there and of these sources. */
export function isSetUp() {
  return arePackagesInstalled() && existsSync(addonLink()) && isBuilt();
}

/**
 * Makes a fresh clone ready to run, and does nothing where that is done already: packages, the TensorFlow engine,
 * the build.
 *
 * @param {import('./steps.mjs').Steps} steps
 */
export async function setup(steps) {
  await withInstallLock(join(STATE_FOLDER, 'setup.lock'), noteWait, () => setupAlone(steps));
}

/** @param {import('./steps.mjs').Steps} steps */
async function setupAlone(steps) {
  if (!isSetUp()) {
    await rm(SETUP_LOG, { force: true });
    await steps.run('Requirements', async () => {
      const missing = await missingRequirements();
      if (missing.length > 0) throw new RequirementsError(missing);
      return 'all there';
    });
  }
  await steps.run('Packages', installPackages);
  await steps.run('TensorFlow engine', async (report) => {
    const { tensorflow, variant, installedNow } = await installEngine({ report });
    return `${tensorflow} for ${variant === 'cuda' ? 'CUDA' : 'CPU'}, ${installedNow ? 'installed' : 'unchanged'}`;
  });
  await steps.run('Build', build);
}

let hasNotedWait = false;

/** @param {string} status */
function noteWait(status) {
  if (!hasNotedWait) process.stderr.write(`${status}\n`);
  hasNotedWait = true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runSteps(setup);
  process.stderr.write('Ready. Try `npm start`, or `npx atelier --help`.\n');
}
