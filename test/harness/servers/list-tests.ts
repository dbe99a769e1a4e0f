// Prints the test files that have a server, for continuous integration to run them again in the other way.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { neededPrograms } from './needed-programs.ts';
import { PROGRAMS } from './program.ts';

const tests = join(import.meta.dirname, '..', '..');
const names = await readdir(tests, { recursive: true });
for (const name of names.sort()) {
  if (!name.endsWith('.test.ts') || name.includes('node_modules')) continue;
  const needed = await neededPrograms([join(tests, name)]);
  if (needed.some((program) => PROGRAMS[program].image !== undefined)) console.log(join('test', name));
}
