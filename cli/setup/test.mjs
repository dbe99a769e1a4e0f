// @ts-check
// `npm test`: sets up, then runs every test. What follows `npm test --` goes to vitest, such as a path.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, STATE_FOLDER, toolPath } from './project.mjs';
import { runInForeground } from './run-in-foreground.mjs';
import { runSteps } from './run-steps.mjs';
import { setup } from './setup.mjs';

const results = join(STATE_FOLDER, 'test-results.json');
const quiet = fileURLToPath(new URL('./quiet-reporter.mjs', import.meta.url));
// A person reads the first, `.ci/run` the file that the second writes.
const reporters = [`--reporter=${quiet}`, '--reporter=json', `--outputFile.json=${results}`];

await runSteps(setup);
process.exitCode = await runInForeground(
  toolPath('vitest'),
  ['run', ...reporters, ...process.argv.slice(2)],
  {
    cwd: ROOT,
    env: { ...process.env, ATELIER_SKIP_SETUP: '1' },
  },
);
