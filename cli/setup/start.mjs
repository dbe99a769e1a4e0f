// @ts-check
// `npm start`: sets up, then trains the demo. What follows `npm start --` goes to `atelier train`.
import { join } from 'node:path';
import { ROOT } from './project.mjs';
import { runInForeground } from './run-in-foreground.mjs';
import { runSteps } from './run-steps.mjs';
import { setup } from './setup.mjs';

const DEMO = ['train', join('examples', 'demo.yaml'), '--workers', '2', '--out', join('runs', 'demo')];

await runSteps(setup);
const command = join(ROOT, 'cli', 'bin', 'atelier.mjs');
process.exitCode = await runInForeground(process.execPath, [command, ...DEMO, ...process.argv.slice(2)], {
  cwd: ROOT,
});
