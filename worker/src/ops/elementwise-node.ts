import { sizeOf } from '@atelier/shared/layout/flat-layout';
import type { GraphNode } from '../graph/graph-proto.ts';
import type { TensorType } from '../graph/graph-recorder.ts';

/**
 * The opcodes of `worker/native/kernels.h`, in its order. 'step' is 1 above zero and its second operand elsewhere; 'sum'
 * adds up the rows of each column, 'mean' divides by their number.
 */
export const OPCODES = ['add', 'sub', 'mul', 'div', 'neg', 'relu', 'square', 'step', 'sum', 'mean'] as const;
export type Opcode = (typeof OPCODES)[number];

export function isReduction(opcode: Opcode | undefined): boolean {
  return opcode === 'sum' || opcode === 'mean';
}

/** What an op takes of each element: the same element of a tensor, one of the element's column, or always one. */
export type Operand =
  | { readonly kind: 'full' | 'column' | 'scalar'; readonly source: string }
  | { readonly kind: 'constant'; readonly value: number };

/** A node whose every element depends on one element of each operand, or a sum over such. */
export interface ElementwiseNode {
  readonly name: string;
  readonly opcode: Opcode;
  readonly operands: readonly Operand[];
  /** Elements that it goes through. */
  readonly size: number;
  /** Length of a row, where an operand or the result has one value for each column. */
  readonly columns: number | undefined;
}

const BINARY: Readonly<Record<string, Opcode>> = {
  Add: 'add',
  AddV2: 'add',
  Sub: 'sub',
  Mul: 'mul',
  RealDiv: 'div',
};
const UNARY: Readonly<Record<string, Opcode>> = { Neg: 'neg', Relu: 'relu', Square: 'square' };
const REDUCTIONS: Readonly<Record<string, Opcode>> = { Sum: 'sum', Mean: 'mean' };

/** As tensorflow.DataType numbers them. */
const FLOAT = 1;
const INT32 = 3;

/** As in `worker/native/kernels.h`. A row must lie in the fastest cache, with what is computed of it. */
const MAX_COLUMNS = 1024;

/** Reads a graph's nodes as element-wise ones. What only changes a tensor's shape is looked through. */
export class ElementwiseReader {
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #types: ReadonlyMap<string, TensorType>;

  constructor(nodes: readonly GraphNode[], types: ReadonlyMap<string, TensorType>) {
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#types = types;
  }

  /** @returns undefined for a node that is not of this kind */
  read(node: GraphNode): ElementwiseNode | undefined {
    const type = this.#types.get(node.name);
    if (type?.dtype !== FLOAT) return undefined;
    const reduction = REDUCTIONS[node.op];
    if (reduction !== undefined) return this.#reductionOf(node, reduction);
    const step = node.op === 'Select' ? this.#stepOf(node) : undefined;
    const opcode = step === undefined ? (BINARY[node.op] ?? UNARY[node.op]) : 'step';
    if (opcode === undefined) return undefined;
    const operands = step ?? node.input.map((source) => this.#operandOf(source, type.shape));
    if (!operands.every((operand) => operand !== undefined)) return undefined;
    const hasColumns = operands.some(({ kind }) => kind === 'column');
    const columns = hasColumns ? type.shape.at(-1) : undefined;
    if ((columns ?? 0) > MAX_COLUMNS) return undefined;
    return { name: node.name, opcode, operands, size: sizeOf(type.shape), columns };
  }

  /** Sums and means over all axes but the last. */
  #reductionOf(
    { name, input: [source = '', axes = ''], attr }: GraphNode,
    opcode: Opcode,
  ): ElementwiseNode | undefined {
    const shape = this.#types.get(source)?.shape ?? [];
    const columns = shape.at(-1) ?? 0;
    const outer = shape.slice(0, -1).map((_, axis) => axis);
    const keepsDims = attr['keep_dims'];
    if (keepsDims !== undefined && 'b' in keepsDims && keepsDims.b) return undefined;
    if (outer.length === 0 || columns > MAX_COLUMNS || String(this.#integersOf(axes)) !== String(outer))
      return undefined;
    const operand = this.#operandOf(source, shape);
    if (operand?.kind !== 'full') return undefined;
    return { name, opcode, operands: [operand], size: sizeOf(shape), columns };
  }

  /**
   * What TF.js makes of a ReLU's gradient: select(isNaN(x), x, select(x > 0, 1, alpha)).
   * @returns x and alpha
   */
  #stepOf({
    name,
    input: [isNan = '', kept = '', inner = ''],
  }: GraphNode): readonly (Operand | undefined)[] | undefined {
    const select = this.#nodes.get(inner);
    const [greater = '', one = '', alpha = ''] = select?.input ?? [];
    const comparison = this.#nodes.get(greater);
    const check = this.#nodes.get(isNan);
    const isStep =
      select?.op === 'Select' &&
      check?.op === 'IsNan' &&
      comparison?.op === 'Greater' &&
      check.input[0] === kept &&
      comparison.input[0] === kept &&
      this.#uniformOf(comparison.input[1] ?? '') === 0 &&
      this.#uniformOf(one) === 1;
    const value = this.#uniformOf(alpha);
    if (!isStep || value === undefined) return undefined;
    return [this.#operandOf(kept, this.#types.get(name)?.shape ?? []), { kind: 'constant', value }];
  }

  #operandOf(source: string, shape: readonly number[]): Operand | undefined {
    const value = this.#uniformOf(source);
    if (value !== undefined) return { kind: 'constant', value };
    const type = this.#types.get(source);
    if (type?.dtype !== FLOAT) return undefined;
    const size = sizeOf(type.shape);
    const resolved = this.#resolve(source);
    if (size === sizeOf(shape)) return { kind: 'full', source: resolved };
    if (size === 1) return { kind: 'scalar', source: resolved };
    if (size === shape.at(-1) && size === type.shape.at(-1)) return { kind: 'column', source: resolved };
    return undefined;
  }

  /** Where a tensor comes from, past casts that change nothing. */
  uncast(source: string): string {
    const node = this.#nodes.get(source);
    const [from = ''] = node?.input ?? [];
    const isNothing = node?.op === 'Cast' && this.#types.get(from)?.dtype === this.#types.get(source)?.dtype;
    return isNothing ? this.uncast(from) : source;
  }

  /** Where a tensor's elements come from, in the same order. */
  #resolve(source: string): string {
    const uncast = this.uncast(source);
    const node = this.#nodes.get(uncast);
    return node?.op === 'Reshape' ? this.#resolve(node.input[0] ?? '') : uncast;
  }

  /** The value of a tensor that is the same number throughout, as far as the graph says so. */
  #uniformOf(source: string): number | undefined {
    const resolved = this.#resolve(source);
    const node = this.#nodes.get(resolved);
    if (node?.op === 'Fill') return this.#uniformOf(node.input[1] ?? '');
    const value = node?.attr['value'];
    if (value === undefined || !('tensor' in value) || value.tensor.dtype !== FLOAT) return undefined;
    const { buffer, byteOffset, byteLength } = value.tensor.tensorContent;
    const floats = new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
    const [first] = floats;
    return floats.every((each) => Object.is(each, first)) ? first : undefined;
  }

  #integersOf(source: string): number[] {
    const value = this.#nodes.get(source)?.attr['value'];
    if (value === undefined || !('tensor' in value) || value.tensor.dtype !== INT32) return [];
    const { buffer, byteOffset, byteLength } = value.tensor.tensorContent;
    return [...new Int32Array(buffer, byteOffset, byteLength / Int32Array.BYTES_PER_ELEMENT)];
  }
}
