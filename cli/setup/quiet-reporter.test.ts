import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolPath } from './project.mjs';

const REPORTER = fileURLToPath(new URL('./quiet-reporter.mjs', import.meta.url));
const CONFIG = 'export default { test: { globals: true, pool: "forks", fileParallelism: false } };';
/** Prints past vitest as native code does, and through it. */
const printing = (name: string) =>
  `process.stderr.write('${name} from below\\n'); console.log('${name} from the console');`;

let folder = '';
let printed = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quiet-reporter-'));
  const files = {
    'vitest.config.mjs': CONFIG,
    'bad.test.js': `describe('a thing', () => {
      it('works', () => { ${printing('good test')} });
      it('breaks', () => { ${printing('bad test')} expect(1).toBe(2); });
    });`,
    'fine.test.js': `it('works', () => { ${printing('fine file')} }); it.skip('is for later', () => {});`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  printed = await new Promise((resolve) => {
    execFile(
      toolPath('vitest'),
      ['run', '--root', folder, `--reporter=${REPORTER}`],
      { env: { ...process.env, NODE_OPTIONS: '' } },
      (_, stdout, stderr) => resolve(stripVTControlCharacters(`${stdout}${stderr}`)),
    );
  });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the reporter of the tests', () => {
  it('gives each file one line with its counts and its time', () => {
    expect(printed).toMatch(/^✓ fine\.test\.js \(2 tests, 1 skipped\) \d+\.\d s$/m);
    expect(printed).toMatch(/^❯ bad\.test\.js \(2 tests, 1 failed\) \d+\.\d s\n {4}× a thing > breaks$/m);
  });

  it('says nothing of what a file printed whose tests passed, and all of what others did', () => {
    expect(printed).not.toContain('fine file');
    expect(printed).toContain('bad test from below\n');
    expect(printed).toContain('bad test from the console\n');
    expect(printed).toContain('expected 1 to be 2');
  });

  it('ends with the slowest files and the counts', () => {
    const end = printed.slice(printed.indexOf('The slowest files:'));
    expect(end).toMatch(/^ +\d+\.\d s {2}bad\.test\.js$/m);
    expect(end).toMatch(/^ +\d+\.\d s {2}fine\.test\.js$/m);
    expect(end).toMatch(/Tests +1 failed \| 2 passed \| 1 skipped \(4\)/);
  });
});
