import type { GraphNode } from '../graph/graph-proto.ts';
import { constantIn, DT_FLOAT, type FrozenGraph, integersIn, sourceOf } from '../trained/frozen-graph.ts';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-proto.ts';

export type AttributeValue = number | string | readonly number[];

const FLOAT = 1;
const INT64 = 7;

/** The ONNX graph as it grows, and what its translation asks of the TensorFlow graph. */
export class OnnxWriter {
  readonly nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #tensorflow: ReadonlyMap<string, GraphNode>;

  readonly #shapes: FrozenGraph['shapes'];

  constructor({ nodes, shapes }: FrozenGraph) {
    this.#tensorflow = new Map(nodes.map((node) => [node.name, node]));
    this.#shapes = shapes;
  }

  get initializers(): readonly OnnxTensor[] {
    return [...this.#initializers.values()];
  }

  /** The ONNX name of what a TensorFlow node reads; a constant becomes an initializer on first use. */
  valueOf(input: string): string {
    const { node, output } = sourceOf(input);
    const constant = constantIn(this.#tensorflow.get(node));
    if (constant?.dtype === DT_FLOAT && !this.#initializers.has(node)) {
      const { shape: dims, bytes: rawData } = constant;
      this.#initializers.set(node, { name: node, dims, dataType: FLOAT, rawData });
    }
    return output === 0 ? node : `${node}:${output}`;
  }

  /** The whole numbers of an int32 constant that a TensorFlow node reads, if it is one. */
  integersOf(input: string | undefined): readonly number[] | undefined {
    return integersIn(this.#tensorflow.get(sourceOf(input ?? '').node));
  }

  /** The shape of a constant that a TensorFlow node reads, if it is one. */
  shapeOf(input: string | undefined): readonly number[] | undefined {
    return constantIn(this.#tensorflow.get(sourceOf(input ?? '').node))?.shape;
  }

  /** The shape that a TensorFlow node's first output has. */
  outputShapeOf({ name }: GraphNode): readonly number[] {
    return this.#shapes.get(name) ?? [];
  }

  /** A list of whole numbers as ONNX takes it: a tensor of int64. */
  integers(name: string, values: readonly number[]): string {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#initializers.set(name, { name, dims: [values.length], dataType: INT64, rawData });
    return name;
  }

  /**
   * Adds an operation whose outputs are called as the TensorFlow node's: name, name:1, ...
   * @returns the name of its first output
   */
  add(
    opType: string,
    input: readonly string[],
    name: string,
    attributes: Readonly<Record<string, AttributeValue>> = {},
    numOutputs = 1,
  ): string {
    const output = Array.from({ length: numOutputs }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push({ opType, name, input, output, attribute });
    return name;
  }
}

/** Whole numbers and texts; a float is not among what our operators take. */
function attributeOf(name: string, value: AttributeValue): OnnxAttribute {
  if (typeof value === 'string') return { name, type: 3, s: Buffer.from(value) };
  if (typeof value === 'number') return { name, type: 2, i: value };
  return { name, type: 7, ints: value };
}
