// @ts-check
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../worker/install/run-command.mjs';
import { ROOT, SETUP_LOG, STATE_FOLDER, toolPath } from './project.mjs';
import { runSteps } from './run-steps.mjs';
import { digestOf, Stamp } from './stamp.mjs';

/** Programs that write sources: each does nothing when its inputs are those of its last run. */
export const GENERATORS = ['proto/generate.mjs', 'shared/kernels/build.mjs'];

const SOURCES = ['proto', 'shared', 'coordinator', 'worker', 'cli', 'tsconfig.base.json', 'pnpm-lock.yaml'];
const ENTRY = join(ROOT, 'cli', 'dist', 'main.js');
/** Of the page; what it takes from elsewhere are types. */
const PAGE_SOURCES = [join('coordinator', 'page'), 'pnpm-lock.yaml'];
const PAGE = join(ROOT, 'coordinator', 'dist', 'page', 'index.html');
const VITE = join(ROOT, 'coordinator', 'node_modules', 'vite', 'bin', 'vite.js');

const stamp = new Stamp(STATE_FOLDER, 'build');
const pageStamp = new Stamp(STATE_FOLDER, 'build-page');

/** Whether the compiled code is that of the sources. */
export function isBuilt() {
  return existsSync(ENTRY) && existsSync(PAGE) && stamp.isOf(digestOf(ROOT, SOURCES));
}

/**
 * Generates and compiles what the `atelier` command runs.
 *
 * @param {(status: string) => void} report
 * @returns {Promise<string>} the outcome
 */
export async function build(report) {
  if (isBuilt()) return 'unchanged';
  const digest = digestOf(ROOT, SOURCES);
  mkdirSync(STATE_FOLDER, { recursive: true });
  for (const generator of GENERATORS) {
    report(`running ${generator}`);
    await runCommand(process.execPath, [generator], { cwd: ROOT, logFile: SETUP_LOG });
  }
  report('compiling');
  await runCommand(toolPath('tsc'), ['-b', 'cli'], { cwd: ROOT, logFile: SETUP_LOG });
  await buildPage(report);
  stamp.write(digest);
  return 'compiled';
}

/** @param {(status: string) => void} report */
async function buildPage(report) {
  const digest = digestOf(ROOT, PAGE_SOURCES);
  if (existsSync(PAGE) && pageStamp.isOf(digest)) return;
  report('building the page');
  await runCommand(process.execPath, [VITE, 'build', join('coordinator', 'page')], {
    cwd: ROOT,
    logFile: SETUP_LOG,
  });
  pageStamp.write(digest);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runSteps((steps) => steps.run('Build', build));
}
