/**
 * What a commit costs once the tree is summed: one pass per chunk, as ReducerState does it, beside one pass per operation
 * over the whole vector. Both end in the same bits. Adam with a moving average; the last line is the ratio.
 *
 *   node --import ./test/harness/run-typescript.mjs --conditions=source test/bench/commit-passes.ts [--elements 25000000]
 */
import { parseArgs } from 'node:util';
import { createOptimizer } from '@atelier/coordinator/optimizer/create-optimizer';
import { RootSum } from '@atelier/coordinator/reduction/root-sum';
import { GroupSlice } from '@atelier/coordinator/training/group-slice';
import type { KernelBuffer } from '@atelier/shared/kernels/kernel-memory';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import { nodeWireOf, type Wire } from '@atelier/shared/wire/node-wire';

const { values } = parseArgs({
  options: { elements: { type: 'string', default: '25000000' }, steps: { type: 'string', default: '20' } },
});
const [length, numSteps] = [Number(values.elements), Number(values.steps)];
const NUM_VIRTUAL_WORKERS = 4;
const NO_SUMS = new Float64Array();
const EMA_DECAY = 0.999;
const ADAM = { kind: 'adam', learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 } as const;

/** Cheap to make and not constant. */
const initial = Float32Array.from({ length }, (_, i) => ((i * 2_654_435_761) % 2_048) / 1_024 - 1);

interface Way {
  /** @returns the squared norm */
  commit(update: number, root: KernelBuffer): number;
  readonly parameters: Float32Array;
}

function byChunks(kernels: Kernels, wire: Wire): Way {
  const options = { optimizer: ADAM, updatesPerIteration: 1, emaDecay: EMA_DECAY, wire };
  const layout = flatLayoutOf([{ name: 'tensor', shape: [length] }]);
  const group = new GroupSlice(
    kernels,
    { name: 'group', layout, slice: { offset: 0, size: length } },
    options,
  );
  const start = { parameters: initial, ema: initial, ...(wire === 'bf16' ? { published: initial } : {}) };
  group.restore({ ...start, slots: { m: new Float32Array(length), v: new Float32Array(length) } });
  const nodes = nodeWireOf(wire, { gradient: { size: length }, size: length }, kernels);
  return {
    commit(update, root) {
      const options = { gradientSize: length, numVirtualWorkers: NUM_VIRTUAL_WORKERS };
      const sum = new RootSum(root, options, { kernels, wire: nodes });
      const { squares, nonFinite } = sum.divide();
      if (nonFinite === undefined) group.update(update, (offset, size) => sum.meanOf(offset, size), NO_SUMS);
      sum.release();
      return squares.reduce((total, square) => total + square, 0);
    },
    get parameters() {
      return group.parameters.floats;
    },
  };
}

/** Widen, divide, norm (whose finiteness is that of every element), optimizer, difference, moving average. */
function byOperations(kernels: Kernels, wire: Wire): Way {
  const optimizer = createOptimizer(ADAM, 1);
  const filled = (from: Float32Array | undefined): KernelBuffer => {
    const buffer = kernels.memory.allocate(length);
    if (from === undefined) buffer.floats.fill(0);
    else buffer.floats.set(from);
    return buffer;
  };
  const [parameters, ema, published] = [filled(initial), filled(initial), filled(initial)];
  const difference = kernels.memory.allocate(Math.ceil(length / 2));
  const slots = { m: filled(undefined), v: filled(undefined) };
  return {
    commit(update, root) {
      const gradient = wire === 'f32' ? root : kernels.memory.allocate(length);
      if (wire === 'bf16') kernels.unpackBf16(gradient, root);
      kernels.scale(gradient, 1 / NUM_VIRTUAL_WORKERS);
      const squaredNorm = kernels.scaleAndSquare(gradient, 1);
      optimizer.apply(kernels, { update, parameters, gradient, slots }, []);
      if (wire === 'bf16') kernels.followBf16(published, parameters, difference);
      kernels.moveToward(ema, parameters, 1 - EMA_DECAY);
      gradient.release();
      if (gradient !== root) root.release();
      return squaredNorm;
    },
    get parameters() {
      return parameters.floats;
    },
  };
}

function secondsOf(kernels: Kernels, way: Way, wire: Wire, update: number): number {
  const floats = kernels.memory.allocate(length);
  floats.floats.set(initial);
  let root = floats;
  if (wire === 'bf16') {
    root = kernels.memory.allocate(Math.ceil(length / 2));
    kernels.packBf16(root, floats);
    floats.release();
  }
  const began = performance.now();
  way.commit(update, root);
  return (performance.now() - began) / 1000;
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

for (const wire of ['f32', 'bf16'] as const) {
  const [mine, theirs] = [Kernels.load(), Kernels.load()];
  const [chunks, operations] = [byChunks(mine, wire), byOperations(theirs, wire)];
  const seconds: { readonly chunks: number[]; readonly operations: number[] } = {
    chunks: [],
    operations: [],
  };
  // Alternating, so that whatever else the machine does falls on both.
  for (let update = 1; update <= numSteps; update += 1) {
    seconds.chunks.push(secondsOf(mine, chunks, wire, update));
    seconds.operations.push(secondsOf(theirs, operations, wire, update));
  }
  if (!bytesOf(chunks.parameters).equals(bytesOf(operations.parameters)))
    throw new Error('the two ways differ in their bits');
  const [fused, separate] = [medianOf(seconds.chunks), medianOf(seconds.operations)];
  const ms = (value: number): string => `${(value * 1000).toFixed(1)} ms`;
  console.log(
    `${wire}, ${length} parameters: by chunks ${ms(fused)}, by operations ${ms(separate)}, ratio ${(separate / fused).toFixed(2)}`,
  );
}
