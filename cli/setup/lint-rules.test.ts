import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, toolPath } from './project.mjs';

const folder = mkdtempSync(join(tmpdir(), 'atelier-lint-'));
const plugins = ['no-swallowed-errors', 'coded-errors'].map((name) => join(ROOT, '.biome', `${name}.grit`));
writeFileSync(
  join(folder, 'biome.json'),
  JSON.stringify({ plugins, linter: { rules: { recommended: false } } }),
);
afterAll(() => rmSync(folder, { recursive: true }));

/** Whether the linter takes code in a file of that name. */
function isTaken(code: string, name = 'src/a.ts'): boolean {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${code}\n`);
  const { status, stdout, stderr } = spawnSync(toolPath('biome'), ['lint', path], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0)
    expect(`${stdout}${stderr}`).toMatch(
      /This (failure|error) (is not looked at|is known by its name|has no code)/,
    );
  return status === 0;
}

describe('the linter', () => {
  it.each([
    'p.catch(() => {});',
    'p.catch((): string[] => []);',
    'p.then(use, () => undefined);',
    'p.then(undefined, () => undefined);',
    'try { use(); } catch { stop(); }',
    'try { use(); } catch (error) {}',
    "call.on('error', () => undefined);",
    "if (error.name === 'AbortError') stop();",
    'export class KitchenError extends Error {}',
  ])('refuses %s', (code) => {
    expect(isTaken(code)).toBe(false);
  });

  it.each([
    'p.catch((error) => report(error));',
    'p.then(use, (error) => report(error));',
    'try { use(); } catch (error) { report(error); }',
    'p.then(() => undefined);',
    "if (worker.name === 'worker-1') stop();",
    'export class KitchenError extends CodedError {}',
  ])('takes %s', (code) => {
    expect(isTaken(code)).toBe(true);
  });

  it('leaves tests alone', () => {
    expect(isTaken('p.catch(() => {});', 'src/a.test.ts')).toBe(true);
    expect(isTaken('p.catch(() => {});', 'test/harness/a.ts')).toBe(true);
  });
});
