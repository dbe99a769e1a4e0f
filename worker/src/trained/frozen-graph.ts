import { sizeOf } from '@atelier/shared/layout/flat-layout';
import type { GraphNode } from '../graph/graph-proto.ts';
import type { RecordedGraph } from '../graph/graph-recorder.ts';

/** A tensor that goes in or comes out: float32. */
export interface GraphPort {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A generator as a TensorFlow graph that stands alone: what was trained is in it, as constants. */
export interface FrozenGraph {
  /** In the order of execution. */
  readonly nodes: readonly GraphNode[];
  /** Placeholders. */
  readonly inputs: readonly GraphPort[];
  /** A node's first output. */
  readonly output: GraphPort;
  /** Of the nodes' first outputs, by node. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** What the placeholders of a recorded graph stand for, in its order: parameters first. */
export interface GraphBindings {
  readonly parameters: readonly (GraphPort & { readonly values: Float32Array })[];
  readonly inputs: readonly GraphPort[];
  readonly output: GraphPort;
}

export const DT_FLOAT = 1;
export const DT_INT32 = 3;

/** Names that TensorFlow takes; a model's own may be any text. */
const NODE_NAME = /^[A-Za-z0-9.][A-Za-z0-9_.\\/-]*$/;

/**
 * Puts the parameters in, gives the ports their names, and leaves out what computes nothing: casts from float32 to
 * float32, constants that are only given another shape, and nodes that the output does not depend on.
 */
export function frozenGraphOf(recorded: RecordedGraph, bindings: GraphBindings): FrozenGraph {
  const { parameters, inputs, output } = bindings;
  const names = new Map<string, string>();
  for (const [i, placeholder] of recorded.inputs.entries()) {
    const port = parameters[i] ?? inputs[i - parameters.length];
    if (port !== undefined) names.set(placeholder, NODE_NAME.test(port.name) ? port.name : `parameter/${i}`);
  }
  const kept = new Map<string, GraphNode>();
  for (const recordedNode of recorded.nodes) {
    const input = recordedNode.input.map((source) => names.get(source) ?? source);
    const parameter = parameters[recorded.inputs.indexOf(recordedNode.name)];
    const name = names.get(recordedNode.name) ?? recordedNode.name;
    const node =
      parameter === undefined
        ? { ...recordedNode, name, input }
        : constantOf(name, parameter.shape, parameter.values);
    const same = sameAs(node, kept);
    if (typeof same === 'string') names.set(recordedNode.name, same);
    else kept.set(name, same ?? node);
  }
  const source = names.get(recorded.output) ?? recorded.output;
  kept.set(output.name, {
    name: output.name,
    op: 'Identity',
    input: [source],
    attr: { T: { type: DT_FLOAT } },
  });
  const nodes = neededFor(output.name, [...kept.values()], inputs);
  return { nodes, inputs, output, shapes: recorded.shapes };
}

/** The bytes of a constant, or undefined for a node that is none. */
export function constantIn(
  node: GraphNode | undefined,
): { readonly dtype: number; readonly shape: readonly number[]; readonly bytes: Uint8Array } | undefined {
  const value = node?.op === 'Const' ? node.attr['value'] : undefined;
  if (value === undefined || !('tensor' in value)) return undefined;
  const { dtype, tensorShape, tensorContent } = value.tensor;
  return { dtype, shape: tensorShape.dim.map(({ size }) => size), bytes: tensorContent };
}

/** The whole numbers of an int32 constant. */
export function integersIn(node: GraphNode | undefined): readonly number[] | undefined {
  const constant = constantIn(node);
  if (constant?.dtype !== DT_INT32) return undefined;
  return [...new Int32Array(Uint8Array.from(constant.bytes).buffer)];
}

/** 'node' or 'node:output' -> the node's name and which of its outputs. */
export function sourceOf(input: string): { readonly node: string; readonly output: number } {
  const [node = '', output = '0'] = input.split(':');
  return { node, output: Number(output) };
}

/** What a node is that computes nothing: another node's output, or a constant. */
function sameAs(node: GraphNode, known: ReadonlyMap<string, GraphNode>): string | GraphNode | undefined {
  const { name, op, attr, input } = node;
  const [first = ''] = input;
  if (op === 'Cast' && JSON.stringify(attr['SrcT']) === JSON.stringify(attr['DstT'])) return first;
  if (op !== 'Reshape') return undefined;
  const constant = constantIn(known.get(first));
  const wanted = integersIn(known.get(input[1] ?? ''));
  if (constant?.dtype !== DT_FLOAT || wanted === undefined) return undefined;
  const known1 = wanted.filter((size) => size !== -1);
  const shape = wanted.map((size) => (size === -1 ? sizeOf(constant.shape) / sizeOf(known1) : size));
  return constantOf(name, shape, new Float32Array(Uint8Array.from(constant.bytes).buffer));
}

function constantOf(name: string, shape: readonly number[], values: Float32Array): GraphNode {
  const tensorContent = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const tensorShape = { dim: shape.map((size) => ({ size })) };
  const value = { tensor: { dtype: DT_FLOAT, tensorShape, tensorContent } };
  return { name, op: 'Const', input: [], attr: { dtype: { type: DT_FLOAT }, value } };
}

/** Inputs stay, also those that nothing reads: who calls the graph gives them all. */
function neededFor(
  output: string,
  nodes: readonly GraphNode[],
  inputs: readonly GraphPort[],
): readonly GraphNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const needed = new Set(inputs.map(({ name }) => name));
  const open = [output];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    open.push(...(byName.get(name)?.input ?? []).map((input) => sourceOf(input).node));
  }
  return nodes.filter(({ name }) => needed.has(name));
}
