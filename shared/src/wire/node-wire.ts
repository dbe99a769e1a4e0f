import type { RunConfig } from '../config/run-config.ts';
import type { KernelBuffer, KernelSpan } from '../kernels/kernel-memory.ts';
import { bf16WordsOf, type Kernels } from '../kernels/kernels.ts';
import type { NodeLayout } from '../layout/flat-layout.ts';

export type Wire = RunConfig['wire'];

/**
 * What a node of the reduction tree is: the same bytes in the coordinator's memory, in a worker's and on the way between
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
  /** A node's values in the node layout, float32. Takes the node over; what it returns is the caller's. */
  unpack(node: KernelBuffer): KernelBuffer;
}

export function nodeWireOf(wire: Wire, layout: NodeLayout, kernels: Kernels): NodeWire {
  return wire === 'f32' ? floatWireOf(layout, kernels) : bf16WireOf(layout, kernels);
}

function floatWireOf({ size }: NodeLayout, kernels: Kernels): NodeWire {
  return {
    numWords: size,
    add: (left, right) => kernels.add(left, right),
    pack: (leaf) => bufferOf(kernels, leaf),
    unpack: (node) => node,
  };
}

/** [gradient as bf16, padded to a whole word | statistics | losses] */
function bf16WireOf({ gradient, size }: NodeLayout, kernels: Kernels): NodeWire {
  const numPacked = bf16WordsOf(gradient.size);
  const numOthers = size - gradient.size;
  const partsOf = (node: KernelSpan): readonly [gradient: KernelSpan, others: KernelSpan] => [
    node.slice(0, numPacked),
    node.slice(numPacked, numOthers),
  ];
  const floatPartsOf = (values: KernelSpan): readonly [gradient: KernelSpan, others: KernelSpan] => [
    values.slice(0, gradient.size),
    values.slice(gradient.size, numOthers),
  ];
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
      const [[floats, floatOthers], [packed, others]] = [floatPartsOf(values), partsOf(node)];
      kernels.packBf16(packed, floats);
      others.floats.set(floatOthers.floats);
      values.release();
      return node;
    },
    unpack(node) {
      const values = kernels.memory.allocate(size);
      const [[floats, floatOthers], [packed, others]] = [floatPartsOf(values), partsOf(node)];
      kernels.unpackBf16(floats, packed);
      floatOthers.floats.set(others.floats);
      node.release();
      return values;
    },
  };
}

function bufferOf(kernels: Kernels, values: Float32Array): KernelBuffer {
  const buffer = kernels.memory.allocate(values.length);
  buffer.floats.set(values);
  return buffer;
}
