import { existsSync } from 'node:fs';
import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import { addonLink, linkedEngineFolder } from '@atelier/worker/install/engine-paths';
import type * as tf from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { cpuName, gpuName } from './device-name.ts';
import { applyEngineEnvironment, type EngineOptions, isOneDnnOn } from './engine-environment.ts';
import { EngineError } from './engine-error.ts';
import { quietLog } from './quiet-log.ts';
import { opsProcessor } from './register-ops.ts';

export interface Engine {
  readonly tf: typeof tf;
  readonly fingerprint: EngineFingerprint;
  /** What computes, in words: the fingerprint's device. */
  readonly device: string;
}

/** What the tfjs backend says of itself: it is not in the package's types. */
const nativeBackendSchema = z.object({
  isUsingGpuDevice: z.boolean(),
  binding: z.object({ TF_Version: z.string() }),
});

let loaded: { readonly options: EngineOptions; readonly engine: Promise<Engine> } | undefined;

/**
 * Loads TensorFlow into this process, with the settings that decide its bits. They hold for the life of the process,
 * so a second call must ask for the same. Call it before anything imports `@tensorflow/tfjs-node-gpu`; in a thread,
 * start the thread with `env: SHARE_ENV`.
 *
 * There is no fall-back to the pure JavaScript backends: they are slower by orders and compute other bits.
 *
 * @throws EngineError `addon-missing`, `addon-broken`, `no-gpu`, `gpu-unknown`, `already-loaded`
 */
export function loadEngine(options: EngineOptions): Promise<Engine> {
  if (loaded !== undefined) {
    const same = JSON.stringify(loaded.options) === JSON.stringify(options);
    if (same) return loaded.engine;
    const have = JSON.stringify(loaded.options);
    throw new EngineError(
      'already-loaded',
      `TensorFlow runs with ${have} in this process and cannot change its settings: use another process`,
    );
  }
  loaded = { options, engine: load(options) };
  return loaded.engine;
}

async function load(options: EngineOptions): Promise<Engine> {
  applyEngineEnvironment(options);
  quietLog();
  const tf = await importTensorFlow();
  const { isUsingGpuDevice, binding } = nativeBackendSchema.parse(tf.backend());
  if (options.device === 'gpu' && !isUsingGpuDevice) throw noGpu();

  const device = isUsingGpuDevice ? await gpuName() : cpuName();
  // Our ops compute on one thread of a processor.
  const canUseOurs =
    options.ops === 'atelier' && options.compile && options.intraOpThreads === 1 && !isUsingGpuDevice;
  const fingerprint: EngineFingerprint = {
    tensorflow: binding.TF_Version,
    tfjs: tf.version['tfjs-node'],
    v8: process.versions.v8,
    device,
    intraOpThreads: options.intraOpThreads,
    oneDnn: isOneDnnOn(),
    deterministic: true,
    compile: options.compile,
    ops: canUseOurs && hasOurOps() ? 'atelier' : 'tensorflow',
  };
  return { tf, fingerprint, device };
}

async function importTensorFlow(): Promise<typeof tf> {
  // existsSync follows the link: one that points into an emptied cache is as good as none.
  if (!existsSync(addonLink())) {
    throw new EngineError('addon-missing', 'TensorFlow is not installed: run `npx atelier engine install`');
  }
  try {
    return await import('@tensorflow/tfjs-node-gpu');
  } catch (cause) {
    throw broken('TensorFlow cannot be loaded', cause);
  }
}

function hasOurOps(): boolean {
  try {
    return opsProcessor() !== undefined;
  } catch (cause) {
    throw broken('the TensorFlow operations of Atelier cannot be loaded', cause);
  }
}

function broken(what: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = 'run `npx atelier engine install --force`';
  return new EngineError('addon-broken', `${what} (${reason}): ${remedy}`, { cause });
}

function noGpu(): EngineError {
  const remedy = linkedEngineFolder()?.includes('-cuda-')
    ? 'check that nvidia-smi lists one, and that CUDA_VISIBLE_DEVICES does not hide it'
    : 'the installed engine is the CPU variant: run `npx atelier engine install --cuda`';
  return new EngineError('no-gpu', `the config asks for a GPU, but TensorFlow finds none: ${remedy}`);
}
