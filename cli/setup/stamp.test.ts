import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf, Stamp } from './stamp.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'atelier-stamp-'));
  for (const folder of ['src/deep', 'src/dist', 'src/node_modules'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'src', 'deep', 'a.ts'), 'one');
  writeFileSync(join(root, 'lock.yaml'), 'lock');
});
afterEach(() => rmSync(root, { recursive: true }));

const digest = (salt?: string) => digestOf(root, ['src', 'lock.yaml', 'absent'], salt);

test('a changed, added, renamed or moved byte is a change', () => {
  const first = digest();
  writeFileSync(join(root, 'src', 'deep', 'a.ts'), 'two');
  const changed = digest();
  writeFileSync(join(root, 'src', 'deep', 'b.ts'), '');
  const added = digest();
  writeFileSync(join(root, 'src', 'deep', 'a.ts'), 'tw');
  writeFileSync(join(root, 'src', 'deep', 'b.ts'), 'o');
  const moved = digest();

  expect(new Set([first, changed, added, moved, digest('another version')]).size).toBe(5);
});

test('what is built, and the same bytes written again, is none', () => {
  const first = digest();
  writeFileSync(join(root, 'src', 'dist', 'a.js'), 'built');
  writeFileSync(join(root, 'src', 'node_modules', 'b.js'), 'installed');
  writeFileSync(join(root, 'src', 'deep', 'a.ts'), 'one');

  expect(digest()).toBe(first);
});

test('a stamp is of the digest that it was last written with, and of none before', () => {
  const stamp = new Stamp(join(root, 'state'), 'build');
  expect(stamp.isOf('x')).toBe(false);
  stamp.write('x');
  expect([stamp.isOf('x'), stamp.isOf('y')]).toEqual([true, false]);
});
