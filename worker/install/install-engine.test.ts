import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cacheFolder, engineFolderFor } from './engine-paths.mjs';
import { engineDamage, readEngineRecord, writeEngineRecord } from './engine-record.mjs';
import { pipDownloadArguments, requirementsOf } from './fetch-wheels.mjs';
import { EngineInstallError } from './install-engine.mjs';
import { withInstallLock } from './install-lock.mjs';
import { CommandError, runCommand } from './run-command.mjs';
import { TENSORFLOW_VERSION, wheelSetFor } from './wheels.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'atelier-engine-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('pins every wheel by version and SHA-256, for any Python, and knows where it has none', () => {
  const cuda = wheelSetFor('cuda', 'linux', 'x64');
  if (cuda === undefined) throw new Error('no CUDA wheels for Linux x64');
  const lines = requirementsOf(cuda).trim().split('\n');

  expect(lines[0]).toMatch(new RegExp(`^tensorflow==${TENSORFLOW_VERSION} --hash=sha256:[0-9a-f]{64}$`));
  expect(
    lines.slice(1).every((line) => /^nvidia-[a-z-]+-cu12==[\d.]+ --hash=sha256:[0-9a-f]{64}$/.test(line)),
  ).toBe(true);
  expect(pipDownloadArguments(cuda, 'requirements.txt', 'wheels')).toEqual(
    expect.arrayContaining(['--require-hashes', '--no-deps', '--only-binary=:all:', 'manylinux_2_17_x86_64']),
  );
  expect(wheelSetFor('cuda', 'linux', 'arm64')).toBeUndefined();
  expect(wheelSetFor('cpu', 'darwin', 'arm64')).toBeUndefined();
});

test('keeps engines outside node_modules, in a folder named by all that decides their bytes', () => {
  expect(cacheFolder({ ATELIER_CACHE: '/c' })).toBe('/c');
  expect(cacheFolder({ XDG_CACHE_HOME: '/x' })).toBe('/x/atelier');
  expect(engineFolderFor('cuda', '2.18.1', { ATELIER_CACHE: '/c' })).toMatch(
    /^\/c\/engine\/2\.18\.1-cuda-[a-z]+-[a-z0-9]+-napi8-[0-9a-f]{8}$/,
  );
});

test('an engine without its record is none, and a damaged one is told from a copied one', async () => {
  const library = join(folder, 'tensorflow', 'lib.so');
  mkdirSync(join(folder, 'tensorflow'));
  writeFileSync(library, 'library');
  expect(readEngineRecord(folder)).toBeUndefined();
  expect(await engineDamage(folder, 'quick')).toHaveLength(1);

  await writeEngineRecord(folder, { tensorflow: '2', variant: 'cpu', source: 'wheel', compiledWith: 'v20' });
  expect(await engineDamage(folder, 'full')).toEqual([]);
  utimesSync(library, 1, 1);
  expect(await engineDamage(folder, 'quick')).toEqual([]);
  writeFileSync(library, 'Library');
  expect(await engineDamage(folder, 'quick')).toEqual([
    expect.stringContaining('lib.so has another SHA-256'),
  ]);
  rmSync(library);
  expect(await engineDamage(folder, 'quick')).toEqual(['tensorflow/lib.so is missing']);
});

test('two installers work one after the other, and the lock of a dead one is nobody’s', async () => {
  const lockFile = join(folder, 'lock');
  writeFileSync(lockFile, '4194305');
  const order: string[] = [];
  const work = (name: string) =>
    withInstallLock(
      lockFile,
      () => {},
      async () => {
        order.push(`${name} begins`);
        await new Promise(setImmediate);
        order.push(`${name} ends`);
      },
    );
  await Promise.all([work('a'), work('b')]);

  expect(order).toEqual(
    order[0] === 'a begins'
      ? ['a begins', 'a ends', 'b begins', 'b ends']
      : ['b begins', 'b ends', 'a begins', 'a ends'],
  );
});

test('unpacks only what was chosen, and refuses a wheel with a file that is not what its RECORD says', async () => {
  const unpack = new URL('./unpack-wheel.py', import.meta.url).pathname;
  const wheel = join(folder, 'x.whl');
  const makeWheel = (content: string) =>
    runCommand('python3', [
      '-c',
      `import zipfile, sys
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('a/lib.so', sys.argv[2])
    wheel.writestr('a/include/x.h', 'header')
    wheel.writestr('x-1.dist-info/RECORD', 'a/lib.so,sha256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ,5\\n')`,
      wheel,
      content,
    ]);
  await makeWheel('hello');
  expect(await runCommand('python3', [unpack, wheel, folder, 'a/!/include/'])).toMatch(
    /^a\/lib\.so 5 2cf24dba/,
  );

  await makeWheel('jello');
  const error = await runCommand('python3', [unpack, wheel, folder, 'a/!/include/']).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CommandError);
  expect(String(error)).toContain('a/lib.so is damaged');
});

test('when every way fails, says what was tried, why each failed, and what to do', () => {
  const attempts = [
    { way: 'the wheels through pip', reason: 'no network' },
    { way: 'the own download', reason: 'host not found' },
  ];
  const { message } = new EngineInstallError('cpu', attempts, '/c/log');
  expect(message).toMatch(
    /1\. the wheels through pip\n {3}no network\n2\. the own download\n {3}host not found\nWhat to do/,
  );
});
