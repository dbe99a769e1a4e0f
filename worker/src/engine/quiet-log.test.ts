import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';

// Each process compiles TypeScript and reads a library of 600 MB, the first time from the disk.
vi.setConfig({ testTimeout: 180_000 });

const PROGRAM = fileURLToPath(new URL('./quiet-log.fixture.ts', import.meta.url));

/** What a process that computes prints as its errors, with this TF_CPP_MIN_LOG_LEVEL. */
async function errorsAt(level: string | undefined): Promise<string> {
  const { TF_CPP_MIN_LOG_LEVEL: _, ...others } = process.env;
  const env = level === undefined ? others : { ...others, TF_CPP_MIN_LOG_LEVEL: level };
  const args = ['--import', 'jiti/register', '--conditions=source', PROGRAM];
  const { stderr } = await promisify(execFile)(process.execPath, args, { env, cwd: import.meta.dirname });
  return stderr;
}

test('TensorFlow tells of errors only, unless it is asked for more', async () => {
  expect(await errorsAt(undefined)).toBe(
    [
      'E0000 00:00:1796081428.352705   25811 device.cc:12] The device is lost\n',
      'F tensorflow/core/framework/tensor.cc:832] Check failed\n',
    ].join(''),
  );
  const all = await errorsAt('0');
  expect(all).toContain('A pass is off\n');
  expect(all).toContain('MLIR V1 optimization pass is not enabled\n');
});
