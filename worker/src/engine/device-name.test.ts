import { afterEach, expect, test, vi } from 'vitest';
import { cpuName, numericFlags } from './device-name.ts';
import { engineEnvironment, firstVisibleGpu, isOneDnnOn } from './engine-environment.ts';

afterEach(() => vi.unstubAllEnvs());

test('names the instruction sets that decide bits, in one order whatever order the kernel lists them in', () => {
  const cpuInfo = 'processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fma vme avx2 sse4_2 rdtscp avx512f\n';
  expect(numericFlags(cpuInfo)).toEqual(['sse4_2', 'avx2', 'fma', 'avx512f']);
  expect(numericFlags('Features\t: fp asimd bf16\n')).toEqual(['asimd', 'bf16']);
  expect(numericFlags('')).toEqual([]);
  expect(cpuName()).toMatch(/^cpu: \S/);
});

test('hides the GPU from an engine that is to use the CPU, and from no other', () => {
  const options = { intraOpThreads: 3, compile: true, ops: 'atelier' } as const;
  expect(engineEnvironment({ ...options, device: 'cpu' })).toMatchObject({ CUDA_VISIBLE_DEVICES: '-1' });
  expect(engineEnvironment({ ...options, device: 'auto' })).not.toHaveProperty('CUDA_VISIBLE_DEVICES');
  expect(engineEnvironment({ ...options, device: 'gpu' })).toMatchObject({ TF_NUM_INTRAOP_THREADS: '3' });
});

test('asks for oneDNN on every processor, and leaves it away where the environment says so', () => {
  const options = { device: 'cpu', intraOpThreads: 1, compile: true, ops: 'atelier' } as const;
  vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', undefined);
  expect(engineEnvironment(options)).toMatchObject({ TF_ENABLE_ONEDNN_OPTS: '1' });
  vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', '0');
  expect(engineEnvironment(options)).toMatchObject({ TF_ENABLE_ONEDNN_OPTS: '0' });
  expect(isOneDnnOn({ TF_ENABLE_ONEDNN_OPTS: 'true' })).toBe(true);
});

test('reads what the environment says of the visible GPUs', () => {
  expect([firstVisibleGpu({}), firstVisibleGpu({ CUDA_VISIBLE_DEVICES: '2,3' })]).toEqual(['0', '2']);
});
