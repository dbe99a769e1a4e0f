import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { opsProcessor } from '../engine/register-ops.ts';
import { runFixture } from '../engine/testing/run-fixture.ts';
import { compileCpp } from './testing/compile-cpp.ts';

const folder = mkdtempSync(join(tmpdir(), 'atelier-native-'));
afterAll(() => rmSync(folder, { recursive: true }));
const run = promisify(execFile);

describe('scratch memory', () => {
  const program = join(folder, 'scratch');
  const compiled = compileCpp(new URL('./testing/scratch.fixture.cc', import.meta.url), program);

  it('says that there is no room where the system has none, and asks again the next time', async () => {
    await compiled;
    const { stdout } = await run(program, ['refused']);
    expect(stdout.trim().split('\n')).toEqual(['room', 'room', 'no room', 'no room', 'no room', 'room']);
  });

  it('ends the process rather than give more than was reserved', async () => {
    await compiled;
    await expect(run(program, ['beyond'])).rejects.toMatchObject({
      signal: 'SIGABRT',
      stdout: 'room\n-64\n',
      stderr: 'atelier: 17 floats taken of scratch memory that has 16 left\n',
    });
  });
});

describe.runIf(opsProcessor() !== undefined)('our ops', () => {
  /** What a program prints in a process that loads a library of a fixture before all others. */
  async function printedWith(fixture: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const library = join(folder, `${fixture}.so`);
    await compileCpp(new URL(`./testing/${fixture}.fixture.cc`, import.meta.url), library, [
      '-shared',
      '-fPIC',
    ]);
    const program = new URL(`./testing/${fixture}.fixture.ts`, import.meta.url);
    return runFixture(program, [], { ...env, LD_PRELOAD: library });
  }

  it.each(['definition', 'kernel'])(
    'are an error where TensorFlow refuses the %s of one',
    async (refused) => {
      expect(await printedWith('refused-op', { REFUSED: refused })).toEqual({
        code: 'addon-broken',
        message:
          'the TensorFlow operations of Atelier cannot be loaded (TensorFlow refuses the op AtelierConv4x4: another has its name): ' +
          'run `npx atelier engine install --force`',
      });
    },
  );

  it('fail with an error where there is no memory for what they keep on the way', async () => {
    const convolution = expect.stringContaining('no memory for the transforms of a convolution');
    expect(await printedWith('no-memory')).toEqual([
      expect.stringContaining('no memory for what an element-wise op keeps between its steps'),
      convolution,
      convolution,
      convolution,
    ]);
  });
});
