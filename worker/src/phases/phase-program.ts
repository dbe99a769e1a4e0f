import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import type { FlatTensor, NodeLayout } from '@atelier/shared/layout/flat-layout';
import type * as tf from '@tensorflow/tfjs-node-gpu';
import { encodeSavedModel } from '../graph/graph-proto.ts';
import { type RecordedGraph, recordGraph } from '../graph/graph-recorder.ts';
import { nativeIdsOf } from '../graph/native-backend.ts';
import { type BegunLeaf, BegunPhase, CompiledPhase } from './compiled-phase.ts';
import { PhaseError } from './phase-error.ts';
import { type LeafInputs, type LeafOptions, leafOf } from './phase-leaf.ts';

/** One variant of a phase, ready to run. */
export interface PhaseProgram {
  readonly kind: 'eager' | 'compiled';
  /** Computes what does not depend on the parameters that come late; undefined where it cannot. */
  begin(inputs: LeafInputs): BegunLeaf | undefined;
  /** @param begun of the same inputs but for the late group; it is used up */
  run(inputs: LeafInputs, begun?: BegunLeaf): Float32Array;
  dispose(): void;
}

export interface PhaseProgramOptions extends LeafOptions {
  readonly compile: boolean;
  /** Whose ops compute a compiled program; part of its bits. */
  readonly ops: EngineFingerprint['ops'];
  /** The group whose parameters the phase gets last, as the step before updates it. */
  readonly lateGroup?: string | undefined;
  /** Told, once, why a phase runs eagerly though it should be compiled. */
  readonly warn: (message: string) => void;
}

/**
 * Tries a phase before it is used, twice on the same inputs, and compiles it if it can be. Whether a program is
 * compiled decides its bits, so the decision must be the same everywhere: it depends on the phase and on
 * `rehearsal` alone, which must be the same for every worker.
 * @throws PhaseError not-deterministic when the two runs differ in a bit
 */
export function phaseProgramOf(options: PhaseProgramOptions, rehearsal: LeafInputs): PhaseProgram {
  const { phase, variant } = options;
  const what = variant === '' ? `phase '${phase.name}'` : `phase '${phase.name}' (${variant})`;
  const first = traceOf(options, rehearsal);
  const second = traceOf(options, rehearsal);
  if (!hasSameBits(first.values, second.values)) {
    throw new PhaseError(
      'not-deterministic',
      `${what} gave two results for the same inputs: declare all its random numbers as noise`,
    );
  }
  const eager: PhaseProgram = {
    kind: 'eager',
    begin: () => undefined,
    run: (inputs) => valuesOf(leafOf(options, inputs)),
    dispose() {},
  };
  if (!options.compile) return eager;
  const compiled = compiledProgramOf(first.graph, second.graph, options, lateInputOf(options, rehearsal));
  if (!('problem' in compiled)) {
    const problem = deviationOf(compiled.run(rehearsal), first.values, options);
    if (problem === undefined) return compiled;
    compiled.dispose();
    options.warn(
      `${what} runs one operation at a time, which is slower, because its graph gives other values (${problem})`,
    );
    return eager;
  }
  options.warn(
    `${what} runs one operation at a time, which is slower, because it cannot be compiled: ${compiled.problem}`,
  );
  return eager;
}

type Graph = RecordedGraph | { readonly problem: string };

function compiledProgramOf(
  first: Graph,
  second: Graph,
  { ops }: PhaseProgramOptions,
  lateInput: number | undefined,
): PhaseProgram | { readonly problem: string } {
  if ('problem' in first) return first;
  if ('problem' in second) return second;
  if (!Buffer.from(encodeSavedModel(first.nodes)).equals(encodeSavedModel(second.nodes))) {
    return { problem: 'two runs of it give different graphs' };
  }
  try {
    const graph = new CompiledPhase(first, lateInput, ops);
    return {
      kind: 'compiled',
      begin: (inputs) => graph.begin(nativeIdsOf(tensorsOf(inputs))),
      run: (inputs, begun) =>
        graph.run(nativeIdsOf(tensorsOf(inputs)), begun instanceof BegunPhase ? begun : undefined),
      dispose: () => graph.dispose(),
    };
  } catch (error) {
    return {
      problem: `TensorFlow rejects the graph: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function traceOf(
  options: LeafOptions,
  inputs: LeafInputs,
): { readonly values: Float32Array; readonly graph: Graph } {
  const { result, graph } = recordGraph(tensorsOf(inputs), () => leafOf(options, inputs));
  return { values: valuesOf(result), graph };
}

function lateInputOf({ lateGroup }: PhaseProgramOptions, { parameters }: LeafInputs): number | undefined {
  const position = Object.keys(parameters).indexOf(lateGroup ?? '');
  return position === -1 ? undefined : position;
}

/** In one order for recording and for running. */
function tensorsOf({ parameters, batch, noise }: LeafInputs): tf.Tensor[] {
  return [parameters, batch, noise].flatMap((part: Readonly<Record<string, tf.Tensor>>) =>
    Object.values(part),
  );
}

/** Reads a leaf and disposes it. */
function valuesOf(leaf: tf.Tensor1D): Float32Array {
  const values = leaf.dataSync<'float32'>();
  leaf.dispose();
  return values;
}

function hasSameBits(a: Float32Array, b: Float32Array): boolean {
  return bytesOf(a).equals(bytesOf(b));
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

/**
 * In words, where a graph's leaf is further from the eager one than rounding explains: by more than a thousandth of
 * a tensor's largest value and a hundred-thousandth of the gradient's (a gradient that should be zero is all
 * rounding). With ops of our own, by a twentieth of its norm: what lies within rounding of a ReLU's
 * corner comes out on the other side of it, and takes a pixel's part of a gradient along.
 */
function deviationOf(
  values: Float32Array,
  wanted: Float32Array,
  { node, ops }: PhaseProgramOptions,
): string | undefined {
  const floor = 1e-5 * largest(wanted.subarray(0, node.gradient.size));
  const [size, tolerance] = ops === 'tensorflow' ? [largest, 1e-3] : [rootMeanSquare, 0.05];
  return partsOf(node)
    .map(({ name, offset, size: length }) => {
      const expected = wanted.subarray(offset, offset + length);
      const difference = size(expected.map((value, i) => value - (values[offset + i] ?? Number.NaN)));
      const allowed = tolerance * size(expected) + floor;
      // Written so that a NaN deviates.
      return difference <= allowed ? undefined : `'${name}' by ${difference.toExponential(1)}`;
    })
    .find((deviation) => deviation !== undefined);
}

function partsOf(node: NodeLayout): Pick<FlatTensor, 'name' | 'offset' | 'size'>[] {
  return [
    ...node.gradient.tensors,
    ...node.statistics.tensors.map((tensor) => ({
      ...tensor,
      offset: node.statisticsOffset + tensor.offset,
    })),
    ...node.losses.map((name, i) => ({ name, offset: node.lossesOffset + i, size: 1 })),
  ];
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
