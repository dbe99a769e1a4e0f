import type { RunConfig } from '../config/run-config.ts';
import type { KernelBuffer, KernelSpan } from '../kernels/kernel-memory.ts';
import { bf16WordsOf, type Kernels } from '../kernels/kernels.ts';

export type Wire = RunConfig['wire'];

export type GradientFormat = 'f32' | 'bf16';

/** What a node's gradient is under each wire. */
export const GRADIENT_FORMATS: Readonly<Record<Wire, GradientFormat>> = { f32: 'f32', bf16: 'bf16' };

/** A node's two parts, in elements: its gradient, and what is not rounded. A NodeLayout is one. */
export interface NodeShape {
  readonly gradient: { readonly size: number };
  /** Of both. */
  readonly size: number;
}

/**
 * What a node of the reduction tree is (what parameters are on their way stands in parameter-wire.ts): the same bytes in the coordinator's memory, in a worker's and on the way between
 * them. All values are float32, except for `bf16` the gradient: two elements to a word, each rounded where a node is made,
 * be it a leaf or a sum. So the rounding of every edge is done, whether that edge goes over a network or not.
 */
export interface NodeWire {
  /** Float32-sized words of a node. */
  readonly numWords: number;
  /** left += right, of two nodes. */
  add(left: KernelSpan, right: KernelSpan): void;
  /** A leaf's values in the node layout as a node, which is the caller's. */
  pack(leaf: Float32Array): KernelBuffer;
  /**
   * Multiplies the gradient's elements [offset, offset + length of the scratch) by the factor, and keeps that where a node
   * is float32. Once for each element of a node, and before `scaledOf`. The offset is even.
   * @returns the sum of squares of the products
   */
  scaleAndSquare(node: KernelSpan, offset: number, scratch: KernelSpan, factor: number): number;
  /** The products: where they are kept, or else made again in the scratch. */
  scaledOf(node: KernelSpan, offset: number, scratch: KernelSpan, factor: number): KernelSpan;
  /** What follows the gradient: statistics and losses, float32. */
  othersOf(node: KernelSpan): KernelSpan;
}

export function nodeWireOf(wire: Wire, shape: NodeShape, kernels: Kernels): NodeWire {
  return GRADIENT_FORMATS[wire] === 'f32' ? floatWireOf(shape, kernels) : bf16WireOf(shape, kernels);
}

function floatWireOf({ gradient, size }: NodeShape, kernels: Kernels): NodeWire {
  return {
    numWords: size,
    add: (left, right) => kernels.add(left, right),
    pack: (leaf) => bufferOf(kernels, leaf),
    scaleAndSquare: (node, offset, { length }, factor) =>
      kernels.scaleAndSquare(node.slice(offset, length), factor),
    scaledOf: (node, offset, { length }) => node.slice(offset, length),
    othersOf: (node) => node.slice(gradient.size, size - gradient.size),
  };
}

/** [gradient as bf16, padded to a whole word | statistics | losses] */
function bf16WireOf({ gradient, size }: NodeShape, kernels: Kernels): NodeWire {
  const numPacked = bf16WordsOf(gradient.size);
  const numOthers = size - gradient.size;
  const partsOf = (node: KernelSpan): readonly [gradient: KernelSpan, others: KernelSpan] => [
    node.slice(0, numPacked),
    node.slice(numPacked, numOthers),
  ];
  const widen = (node: KernelSpan, offset: number, target: KernelSpan): void =>
    kernels.unpackBf16(target, node.slice(offset / 2, bf16WordsOf(target.length)));
  return {
    numWords: numPacked + numOthers,
    add(left, right) {
      const [[leftGradient, leftOthers], [rightGradient, rightOthers]] = [partsOf(left), partsOf(right)];
      kernels.addBf16(leftGradient, rightGradient);
      kernels.add(leftOthers, rightOthers);
    },
    pack(leaf) {
      const values = bufferOf(kernels, leaf);
      const node = kernels.memory.allocate(numPacked + numOthers);
      const [packed, others] = partsOf(node);
      kernels.packBf16(packed, values.slice(0, gradient.size));
      others.floats.set(values.slice(gradient.size, numOthers).floats);
      values.release();
      return node;
    },
    scaleAndSquare(node, offset, scratch, factor) {
      widen(node, offset, scratch);
      return kernels.scaleAndSquare(scratch, factor);
    },
    scaledOf(node, offset, scratch, factor) {
      widen(node, offset, scratch);
      kernels.scale(scratch, factor);
      return scratch;
    },
    othersOf: (node) => partsOf(node)[1],
  };
}

function bufferOf(kernels: Kernels, values: Float32Array): KernelBuffer {
  const buffer = kernels.memory.allocate(values.length);
  buffer.floats.set(values);
  return buffer;
}
