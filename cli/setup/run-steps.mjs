// @ts-check
import { existsSync } from 'node:fs';
import { SETUP_LOG } from './project.mjs';
import { Steps } from './steps.mjs';

/**
 * Runs steps as a program does: what fails is told without a stack, with the place of the log, and ends it with 1.
 *
 * @param {(steps: Steps) => Promise<void>} work
 */
export async function runSteps(work) {
  try {
    await work(new Steps());
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    if (existsSync(SETUP_LOG)) process.stderr.write(`\nEverything that was printed is in ${SETUP_LOG}\n`);
    process.exit(1);
  }
}
