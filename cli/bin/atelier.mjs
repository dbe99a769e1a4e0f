#!/usr/bin/env node
// @ts-check
// The `atelier` command. In a clone that is not set up, or whose sources have changed since, it sets up first; what
// that has to say goes to stderr, since stdout belongs to the command.
import { existsSync } from 'node:fs';
import { runSteps } from '../setup/run-steps.mjs';
import { isSetUp, setup } from '../setup/setup.mjs';

// An image for production holds the compiled code alone. Whoever starts many processes at once has looked already:
// a run's processes must all be of one build.
const isClone = existsSync(new URL('../src', import.meta.url));
if (isClone && process.env.ATELIER_SKIP_SETUP !== '1' && !isSetUp()) await runSteps(setup);
process.env.ATELIER_SKIP_SETUP = '1';
await import('../dist/main.js');
