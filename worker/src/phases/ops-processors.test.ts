import { expect, test, vi } from 'vitest';
import { runFixture } from '../engine/testing/run-fixture.ts';

// Each process compiles TypeScript and reads a library of 600 MB, the first time from the disk.
vi.setConfig({ testTimeout: 180_000 });

const PROGRAM = new URL('./ops-processors.fixture.ts', import.meta.url);

function computedOn(processor: string): Promise<{ processor?: string; hash: string }> {
  return runFixture(PROGRAM, [], { ATELIER_OPS_PROCESSOR: processor, TF_ENABLE_ONEDNN_OPTS: '1' });
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
