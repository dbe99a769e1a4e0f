import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';

// Each process compiles TypeScript and reads a library of 600 MB, the first time from the disk.
vi.setConfig({ testTimeout: 180_000 });

// Node 20 runs no TypeScript: the loader that does is this package's dependency, found from its folder.
const WORKER_PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./processors.fixture.ts', import.meta.url));

async function computedOn(processor: string): Promise<{ processor?: string; hash: string }> {
  const flags = ['--import', 'jiti/register', '--conditions=source'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, PROGRAM], {
    cwd: WORKER_PACKAGE,
    env: { ...process.env, ATELIER_OPS_PROCESSOR: processor, TF_ENABLE_ONEDNN_OPTS: '1' },
  });
  return JSON.parse(stdout);
}

test('our ops give the same bits on every kind of processor, and can be left out', async () => {
  const newest = await computedOn('');
  const older = await computedOn('avx2');
  const none = await computedOn('none');

  expect(older.hash).toBe(newest.hash);
  expect(none.processor).toBeUndefined();
  // A processor without AVX2 has none anyway.
  if (newest.processor !== undefined) {
    expect(older.processor).toBe('avx2');
    expect(none.hash).not.toBe(newest.hash);
  }
});
