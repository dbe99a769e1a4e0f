import * as tf from '@tensorflow/tfjs-node-gpu';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';

/** The engine under TF.js. @throws Error when another backend is in use */
function nativeBackend(): NodeJSKernelBackend {
  if (tf.getBackend() !== 'tensorflow') {
    throw new Error(`needs the native 'tensorflow' backend, '${tf.getBackend()}' is in use`);
  }
  return tf.backend() as NodeJSKernelBackend;
}

/** The addon: every kernel and every graph goes through it. Tensors are known to it by number. */
export function nativeBinding(): TFJSBinding {
  return nativeBackend().binding;
}

/** The tensors' numbers. Uploads those that are not with the engine yet. */
export function nativeIdsOf(tensors: readonly tf.Tensor[]): number[] {
  // Private in name only: there is no other way from a tensor to its number.
  return nativeBackend()['getInputTensorIds']([...tensors]);
}

/** The values of a float32 tensor, which is deleted. */
export function takeFloats(id: number): Float32Array {
  const binding = nativeBinding();
  try {
    const values = binding.tensorDataSync(id);
    if (!(values instanceof Float32Array)) throw new Error(`not float32 but ${values.constructor.name}`);
    return values;
  } finally {
    binding.deleteTensor(id);
  }
}

/** Runs `body` with another binding in the engine's place. */
export function withBinding<T>(binding: TFJSBinding, body: () => T): T {
  const backend = nativeBackend();
  const real = backend.binding;
  backend.binding = binding;
  try {
    return body();
  } finally {
    backend.binding = real;
  }
}
