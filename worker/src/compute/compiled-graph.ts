import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-node-gpu';
import { encodeSavedModel, GRAPH_TAG } from './graph-proto.ts';
import type { RecordedGraph } from './graph-recorder.ts';
import { nativeBinding, nativeIdsOf } from './native-backend.ts';

/** A recorded graph in a TensorFlow session of its own: one call runs all of it. */
export class CompiledGraph {
  readonly #session: number;
  readonly #inputs: string;
  readonly #output: string;

  /** @throws Error what TensorFlow has against the graph */
  constructor(graph: Pick<RecordedGraph, 'nodes' | 'inputs' | 'output'>) {
    const folder = mkdtempSync(path.join(tmpdir(), 'atelier-graph-'));
    try {
      writeFileSync(path.join(folder, 'saved_model.pb'), encodeSavedModel(graph.nodes));
      this.#session = nativeBinding().loadSavedModel(folder, GRAPH_TAG);
    } finally {
      rmSync(folder, { recursive: true });
    }
    this.#inputs = graph.inputs.map((name) => `${name}:0`).join();
    this.#output = graph.output.includes(':') ? graph.output : `${graph.output}:0`;
  }

  /** @param inputs of the shapes that were recorded, in the recorded order; they stay the caller's */
  run(inputs: readonly tf.Tensor[]): Float32Array {
    const binding = nativeBinding();
    const [output] = binding.runSavedModel(this.#session, nativeIdsOf(inputs), this.#inputs, this.#output);
    if (output === undefined) throw new Error('the graph gave no output');
    try {
      const values = binding.tensorDataSync(output.id);
      if (!(values instanceof Float32Array)) throw new Error(`the graph gave ${values.constructor.name}`);
      return values;
    } finally {
      binding.deleteTensor(output.id);
    }
  }

  dispose(): void {
    nativeBinding().deleteSavedModel(this.#session);
  }
}
