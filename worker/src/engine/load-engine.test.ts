import { type EngineFingerprint, fingerprintDifferences } from '@atelier/shared/engine-fingerprint';
import { expect, test, vi } from 'vitest';
import { engineInfo } from './engine-info.ts';
import { loadEngine } from './load-engine.ts';
import { runFixture } from './testing/run-fixture.ts';

// Each process compiles TypeScript and reads a library of 600 MB, the first time from the disk.
vi.setConfig({ testTimeout: 180_000 });

interface ConvGradient {
  readonly hash: string;
  readonly fingerprint: EngineFingerprint;
  readonly nativeThreads: string;
}

const PROGRAM = new URL('./conv-gradient.fixture.ts', import.meta.url);

async function convGradientIn(
  place: 'main' | 'thread',
  numThreads: number,
  device = 'cpu',
): Promise<ConvGradient> {
  return runFixture(PROGRAM, [place, String(numThreads), device]);
}

test('two processes, and a thread, compute a convolution gradient with the same bits', async () => {
  const first = await convGradientIn('main', 1);
  const second = await convGradientIn('main', 1);
  const inThread = await convGradientIn('thread', 1);

  expect(second).toEqual(first);
  expect(inThread).toEqual(first);
});

test("a thread's settings reach native code, and the fingerprint tells engines with other settings apart", async () => {
  const one = await convGradientIn('thread', 1);
  const two = await convGradientIn('thread', 2);

  expect([one.nativeThreads, two.nativeThreads]).toEqual(['1', '2']);
  expect(fingerprintDifferences(one.fingerprint, two.fingerprint)).toEqual([
    'intraOpThreads: the run has 1, this worker 2',
  ]);
});

test('a worker told to use a GPU that TensorFlow does not use refuses to start', async () => {
  const env = process.env['CUDA_VISIBLE_DEVICES'];
  process.env['CUDA_VISIBLE_DEVICES'] = '-1';
  const refusal = convGradientIn('main', 1, 'gpu');
  if (env === undefined) delete process.env['CUDA_VISIBLE_DEVICES'];
  else process.env['CUDA_VISIBLE_DEVICES'] = env;
  await expect(refusal).rejects.toThrow(/EngineError: the config asks for a GPU, but TensorFlow finds none/);
});

test('says what computes, and refuses settings that can no longer hold', async () => {
  const options = { device: 'auto', intraOpThreads: 1, compile: true, ops: 'atelier' } as const;
  const info = await engineInfo(options);
  expect(info.damage).toEqual([]);
  expect(info.fingerprint.tensorflow).toMatch(/^2\.\d+\.\d+/);
  expect(info.matmul.correct).toBe(true);
  expect(await loadEngine(options)).toHaveProperty('fingerprint', info.fingerprint);
  expect(() => loadEngine({ ...options, intraOpThreads: 2 })).toThrow(/already|cannot change/);
});
