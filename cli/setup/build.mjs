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
/** The page of a run, and the one that an export brings. */
const PAGES = ['coordinator', 'worker'].map((part) => ({
  folder: join(part, 'page'),
  built: join(ROOT, part, 'dist', 'page', 'index.html'),
  // What they take of other parts are types, the arithmetic of pictures and the words of the metrics.
  sources: [
    join(part, 'page'),
    join('worker', 'src', 'data'),
    join('shared', 'src', 'evaluation'),
    'pnpm-lock.yaml',
  ],
  stamp: new Stamp(STATE_FOLDER, `build-page-${part}`),
}));
const VITE = join(ROOT, 'coordinator', 'node_modules', 'vite', 'bin', 'vite.js');

const stamp = new Stamp(STATE_FOLDER, 'build');

/** Whether the compiled code is that of the sources. */
export function isBuilt() {
  return (
    existsSync(ENTRY) && PAGES.every(({ built }) => existsSync(built)) && stamp.isOf(digestOf(ROOT, SOURCES))
  );
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
  for (const page of PAGES) await buildPage(page, report);
  stamp.write(digest);
  return 'compiled';
}

/**
 * @param {(typeof PAGES)[number]} page
 * @param {(status: string) => void} report
 */
async function buildPage({ folder, built, sources, stamp }, report) {
  const digest = digestOf(ROOT, sources);
  if (existsSync(built) && stamp.isOf(digest)) return;
  report(`building ${folder}`);
  await runCommand(process.execPath, [VITE, 'build', folder], {
    cwd: ROOT,
    logFile: SETUP_LOG,
  });
  stamp.write(digest);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runSteps((steps) => steps.run('Build', build));
}
