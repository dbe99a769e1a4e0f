import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { isSupportedNode, missingRequirements, RequirementsError } from './requirements.mjs';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A PATH of one folder with these commands, each a shell script. */
function pathWith(commands: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-path-'));
  folders.push(folder);
  for (const [name, script] of Object.entries(commands)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return { PATH: folder };
}

const PYTHON = 'if [ "$1" = -c ]; then echo 3.11; else echo pip 23.2; fi';
const ALL = { python3: PYTHON, 'g++': 'echo 13.2', make: 'echo 4.4' };

test('a machine with everything misses nothing', async () => {
  expect(await missingRequirements({ nodeVersion: '20.20.2', env: pathWith(ALL) })).toEqual([]);
});

test.each([
  ['no Python', { ...ALL, python3: 'exit 127' }, 'Python >= 3.9'],
  [
    'a Python that is too old',
    { ...ALL, python3: 'if [ "$1" = -c ]; then echo 3.8; fi' },
    'Python >= 3.9, found 3.8',
  ],
  [
    'a Python without pip',
    { ...ALL, python3: 'if [ "$1" = -c ]; then echo 3.11; else exit 1; fi' },
    'pip for Python 3',
  ],
  ['no compiler', { python3: PYTHON, make: ALL.make }, 'a C++ compiler (g++)'],
  ['no make', { python3: PYTHON, 'g++': ALL['g++'] }, 'make'],
])('names what is missing, and how to get it on each system: %s', async (_case, commands, what) => {
  const missing = await missingRequirements({ nodeVersion: '22.11.0', env: pathWith(commands) });

  expect(missing.map((one) => one.what)).toEqual([what]);
  expect(missing.flatMap(({ how }) => Object.keys(how))).toEqual(['Debian, Ubuntu', 'Fedora', 'macOS']);
});

test('asks for the compiler that CXX names', async () => {
  const env = { ...pathWith({ ...ALL, 'my-c++': 'echo 1' }), CXX: 'my-c++' };
  expect(await missingRequirements({ nodeVersion: '20.20.0', env })).toEqual([]);
  const [missing] = await missingRequirements({ nodeVersion: '20.20.0', env: { ...env, CXX: 'other-c++' } });
  expect(missing?.what).toContain('other-c++');
});

test('takes Node from 20.20 to before 23', () => {
  const versions = ['18.20.4', '20.19.9', '20.20.0', '22.1.0', '22.22.2', '23.0.0', '24.1.0'];
  expect(versions.filter(isSupportedNode)).toEqual(['20.20.0', '22.1.0', '22.22.2']);
});

test('an empty machine is told everything at once', async () => {
  const missing = await missingRequirements({ nodeVersion: '18.0.0', env: pathWith({}) });
  const { message } = new RequirementsError(missing);
  expect(missing).toHaveLength(4);
  expect(message).toContain('Node.js >= 20.20 and < 23, found 18.0.0');
  expect(message).toContain('sudo apt install python3 python3-pip');
  expect(message).toContain('sudo dnf install gcc-c++');
});
