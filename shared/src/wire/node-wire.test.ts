import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Kernels } from '../kernels/kernels.ts';
import { nodeLayoutOf } from '../layout/flat-layout.ts';
import type { RunDefinition } from '../layout/run-definition.ts';
import { normal } from '../random/keyed-random.ts';
import { nodeWireOf } from './node-wire.ts';

const kernels = Kernels.load();

function layoutOf(numParameters: number, numStatistics: number) {
  const phase = { name: 'learn', group: 'learner', reads: [], losses: ['loss', 'penalty'] };
  const statistics = numStatistics === 0 ? [] : [{ name: 'mean', shape: [numStatistics] }];
  const learner = { name: 'learner', tensors: [{ name: 'kernel', shape: [numParameters] }], statistics };
  const definition: RunDefinition = { model: 'any', groups: [learner], phases: [phase], domains: [] };
  return nodeLayoutOf(definition, phase);
}

/** Halves the mantissa's bits; good for the ordinary numbers of this test. */
function rounded(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  const word = bits[0] ?? 0;
  bits[0] = ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) << 16;
  return new Float32Array(bits.buffer)[0] ?? 0;
}

it('bf16 rounds the gradient where a node is made, and leaves statistics and losses as they are', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.nat(5),
      fc.nat(1000),
      (numParameters, numStatistics, seed) => {
        const layout = layoutOf(numParameters, numStatistics);
        const wire = nodeWireOf('bf16', layout, kernels);
        const [left, right] = [normal([seed, 0], layout.size), normal([seed, 1], layout.size)];
        const [node, other] = [wire.pack(left), wire.pack(right)];
        expect(node.length).toBe(wire.numWords);
        wire.add(node, other);
        other.release();
        const sum = kernels.memory.allocate(layout.size);
        const gradient = sum.slice(0, numParameters);
        gradient.floats.set(wire.scaledOf(node, 0, gradient, 1).floats);
        sum.floats.set(wire.othersOf(node).floats, numParameters);
        const isGradient = (i: number): boolean => i < numParameters;
        const expected = left.map((value, i) => {
          const second = right[i] ?? 0;
          return isGradient(i) ? rounded(Math.fround(rounded(value) + rounded(second))) : value + second;
        });
        expect(sum.floats).toEqual(expected);
        sum.release();
        node.release();
      },
    ),
  );
});

it('bf16 takes half the bytes of f32, but for what stays float32', () => {
  const layout = layoutOf(1001, 3);
  expect(nodeWireOf('f32', layout, kernels).numWords).toBe(1001 + 3 + 2);
  expect(nodeWireOf('bf16', layout, kernels).numWords).toBe(501 + 3 + 2);
});

it.each(['f32', 'bf16'] as const)('%s reads any part of the gradient, times a factor', (kind) => {
  const layout = layoutOf(9, 2);
  const wire = nodeWireOf(kind, layout, kernels);
  const leaf = Float32Array.from({ length: layout.size }, (_, i) => i + 0.5);
  const node = wire.pack(leaf);
  const part = kernels.memory.allocate(5);
  const wanted = leaf.slice(4, 9).map((value) => value / 4);
  expect(wire.scaleAndSquare(node, 4, part, 0.25)).toBe(wanted.reduce((sum, value) => sum + value ** 2, 0));
  expect(wire.scaledOf(node, 4, part, 0.25).floats).toEqual(wanted);
  expect(wire.othersOf(node).floats).toEqual(leaf.slice(9));
});
