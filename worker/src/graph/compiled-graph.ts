import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeSavedModel, GRAPH_TAG } from './graph-proto.ts';
import { nativeBinding } from './native-backend.ts';
import type { GraphPart } from './split-graph.ts';

/** A recorded graph in a TensorFlow session of its own: one call runs all of it. */
export class CompiledGraph {
  readonly #session: number;
  readonly #inputs: string;
  readonly #outputs: string;

  /** @throws Error what TensorFlow has against the graph */
  constructor({ nodes, inputs, outputs }: GraphPart) {
    const folder = mkdtempSync(path.join(tmpdir(), 'atelier-graph-'));
    try {
      writeFileSync(path.join(folder, 'saved_model.pb'), encodeSavedModel(nodes));
      this.#session = nativeBinding().loadSavedModel(folder, GRAPH_TAG);
    } finally {
      rmSync(folder, { recursive: true });
    }
    this.#inputs = inputs.map((name) => `${name}:0`).join();
    this.#outputs = outputs.map((source) => (source.includes(':') ? source : `${source}:0`)).join();
  }

  /**
   * @param inputs the engine's numbers of tensors of the shapes that were recorded, in the recorded order; they stay
   * the caller's
   * @returns the numbers of the outputs, which the caller reads and deletes
   */
  run(inputs: readonly number[]): number[] {
    return nativeBinding()
      .runSavedModel(this.#session, [...inputs], this.#inputs, this.#outputs)
      .map(({ id }) => id);
  }

  dispose(): void {
    nativeBinding().deleteSavedModel(this.#session);
  }
}
