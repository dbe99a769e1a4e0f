import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

/** Values of one image in [-1, 1], HWC. */
export interface Painted {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** The exported generator in this browser. */
export class Network {
  readonly name: string;
  readonly iteration: number;
  /** Shapes by name: content and style, or noise. */
  readonly inputs: ReadonlyMap<string, readonly number[]>;
  readonly #model: GraphModel;

  private constructor(model: GraphModel) {
    this.#model = model;
    // The export writes these; see export-files.ts.
    const { model: name, iteration } = model.metadata as {
      readonly model: string;
      readonly iteration: number;
    };
    this.name = name;
    this.iteration = iteration;
    this.inputs = new Map(model.inputs.map((input) => [input.name.replace(/:0$/, ''), input.shape ?? []]));
  }

  /** On the WebAssembly backend: float32 in every browser, where WebGL has half of it on many phones. */
  static async load(url: string): Promise<Network> {
    // Threads would need response headers that a folder on any server does not have.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    setWasmPaths({
      'tfjs-backend-wasm.wasm': plainWasm,
      'tfjs-backend-wasm-simd.wasm': simdWasm,
      // Asked for by name and never loaded.
      'tfjs-backend-wasm-threaded-simd.wasm': simdWasm,
    });
    await tf.setBackend('wasm');
    return new Network(await loadGraphModel(url));
  }

  /** @param values by input, in [-1, 1] (noise: normal) */
  async paint(values: Readonly<Record<string, Float32Array>>): Promise<Painted> {
    const given = Array.from(this.inputs, ([name, shape]) => [
      name,
      tf.tensor(values[name] ?? [], [...shape]),
    ]);
    const tensors: Record<string, tf.Tensor> = Object.fromEntries(given);
    const image = this.#model.execute(tensors, 'image') as tf.Tensor4D;
    try {
      const [, height, width, channels] = image.shape;
      return { values: Float32Array.from(await image.data()), width, height, channels };
    } finally {
      tf.dispose([image, ...Object.values(tensors)]);
    }
  }
}
