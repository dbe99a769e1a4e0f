import type { RunConfig } from '@atelier/shared/config/run-config';

export type EngineOptions = RunConfig['engine'];

/**
 * The variables by which TensorFlow, oneDNN and CUDA are told what decides a result's bits. They are read by native
 * code when the library is loaded, and never again.
 */
export function engineEnvironment({ device, intraOpThreads }: EngineOptions): Record<string, string> {
  return {
    TF_NUM_INTRAOP_THREADS: String(intraOpThreads),
    OMP_NUM_THREADS: String(intraOpThreads),
    TF_NUM_INTEROP_THREADS: '1',
    TF_DETERMINISTIC_OPS: '1',
    TF_CUDNN_DETERMINISTIC: '1',
    TF_ENABLE_ONEDNN_OPTS: isOneDnnOn() ? '1' : '0',
    // A GPU that is not to be used must not be seen: TensorFlow would place every op on it.
    ...(device === 'cpu' ? { CUDA_VISIBLE_DEVICES: '-1' } : {}),
  };
}

/**
 * Sets the variables for this process. In a thread this reaches native code only if the thread shares the process's
 * environment (`env: SHARE_ENV`); a thread with a copy must be started after the variables are set.
 */
export function applyEngineEnvironment(options: EngineOptions): void {
  Object.assign(process.env, engineEnvironment(options));
  // 2: errors and what follows; the greeting of every process is no news.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
}

/**
 * Whether oneDNN's kernels are in use: unless the variable says otherwise. Left to itself TensorFlow takes them only on
 * processors with AVX-512 VNNI or what came after it, though they are twice as fast without, too.
 */
export function isOneDnnOn(env: NodeJS.ProcessEnv = process.env): boolean {
  const setting = env['TF_ENABLE_ONEDNN_OPTS'] ?? '1';
  return setting === '1' || setting.toLowerCase() === 'true';
}

/** The first GPU that CUDA shows to this process, as nvidia-smi understands it. */
export function firstVisibleGpu(env: NodeJS.ProcessEnv = process.env): string {
  return env['CUDA_VISIBLE_DEVICES']?.split(',')[0]?.trim() || '0';
}
