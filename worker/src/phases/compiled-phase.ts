import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import { CompiledGraph } from '../graph/compiled-graph.ts';
import type { RecordedGraph } from '../graph/graph-recorder.ts';
import { nativeBinding, takeFloats } from '../graph/native-backend.ts';
import { type GraphPart, splitGraph } from '../graph/split-graph.ts';
import { withFusedElementwise } from '../ops/fused-elementwise.ts';
import { withWinogradConvolutions } from '../ops/winograd-convolutions.ts';

/** What was computed of a leaf before all that it depends on was known. */
export interface BegunLeaf {
  /** The engine's tensors that it holds. */
  readonly numTensors: number;
  /** Gives them back; the leaf is computed from the start then. */
  drop(): void;
}

/** A phase's graph: in two parts where one group's parameters come later than the rest, else whole. */
export class CompiledPhase {
  readonly #early: CompiledGraph | undefined;
  readonly #late: CompiledGraph;
  /** Positions among the inputs of what the early part takes. */
  readonly #earlyInputs: readonly number[];

  /**
   * @param lateInput position of the input that comes last
   * @param ops whose ops compute it; part of its bits
   * @throws Error what TensorFlow has against the graph
   */
  constructor(recorded: RecordedGraph, lateInput: number | undefined, ops: EngineFingerprint['ops']) {
    const graph = ops === 'atelier' ? withWinogradConvolutions(recorded) : recorded;
    const name = lateInput === undefined ? undefined : graph.inputs[lateInput];
    const split = name === undefined ? undefined : splitGraph(graph, name);
    const compile = (part: GraphPart) =>
      new CompiledGraph(ops === 'atelier' ? withFusedElementwise(part, graph.types) : part);
    this.#early = split && compile(split.early);
    this.#late = compile(split?.late ?? { ...graph, outputs: [graph.output] });
    this.#earlyInputs = split?.early.inputs.map((input) => graph.inputs.indexOf(input)) ?? [];
  }

  /** Computes what does not depend on the late input; nothing where all does. */
  begin(inputs: readonly number[]): BegunPhase | undefined {
    const outputs = this.#early?.run(this.#earlyInputs.map((position) => inputs[position] ?? -1));
    return outputs && new BegunPhase(outputs);
  }

  /** @param begun with the same inputs, the late one apart; it is used up */
  run(inputs: readonly number[], begun: BegunPhase | undefined = this.begin(inputs)): Float32Array {
    try {
      const [output = -1] = this.#late.run([...inputs, ...(begun?.outputs ?? [])]);
      return takeFloats(output);
    } finally {
      begun?.drop();
    }
  }

  dispose(): void {
    this.#early?.dispose();
    this.#late.dispose();
  }
}

export class BegunPhase implements BegunLeaf {
  #outputs: readonly number[];

  constructor(outputs: readonly number[]) {
    this.#outputs = outputs;
  }

  get outputs(): readonly number[] {
    return this.#outputs;
  }

  get numTensors(): number {
    return this.#outputs.length;
  }

  drop(): void {
    for (const id of this.#outputs) nativeBinding().deleteTensor(id);
    this.#outputs = [];
  }
}
