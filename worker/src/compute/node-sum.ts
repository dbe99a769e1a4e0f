import { bytesOfFloats } from '@atelier/proto/frames';
import type { KernelBuffer } from '@atelier/shared/kernels/kernel-memory';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { type ReductionArithmetic, ReductionTree } from '@atelier/shared/tree/reduction-tree';
import type { NodeWire } from '@atelier/shared/wire/node-wire';

/** The sum, in tree order, of a block's leaves: the node that travels. */
export interface NodeSum {
  /** Takes the leaf over. */
  add(virtualWorker: number, leaf: Float32Array): void;
  /** The node's bytes, once all leaves are in; they fill a buffer of their own. */
  take(): Uint8Array;
  /** Gives back what it holds. */
  drop(): void;
}

/** @param wire how nodes are packed; without it they are float32 and leaves are added where they lie */
export function createNodeSum(node: NodeId, wire: NodeWire | undefined): NodeSum {
  return wire === undefined ? floatSumOf(node) : packedSumOf(node, wire);
}

function floatSumOf(node: NodeId): NodeSum {
  const tree = new ReductionTree(node, floatArithmetic);
  return {
    add: (index, leaf) => tree.add({ level: 0, index }, leaf),
    take: () => bytesOfFloats(tree.takeRoot()),
    drop: () => tree.clear(),
  };
}

/** Float32 addition, to the bit the same as the coordinator's: a double sum of two floats rounds to theirs. */
const floatArithmetic: ReductionArithmetic<Float32Array> = {
  add(left, right) {
    for (let i = 0; i < left.length; i += 1) left[i] = (left[i] ?? 0) + (right[i] ?? 0);
  },
  release() {},
};

function packedSumOf(node: NodeId, wire: NodeWire): NodeSum {
  const tree = new ReductionTree<KernelBuffer>(node, {
    add: (left, right) => wire.add(left, right),
    release: (buffer) => buffer.release(),
  });
  return {
    add: (index, leaf) => tree.add({ level: 0, index }, wire.pack(leaf)),
    take() {
      const root = tree.takeRoot();
      const bytes = root.bytes.slice();
      root.release();
      return bytes;
    },
    drop: () => tree.clear(),
  };
}
