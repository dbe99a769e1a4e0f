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
        const sum = wire.unpack(node);
        const isGradient = (i: number): boolean => i < numParameters;
        const expected = left.map((value, i) => {
          const second = right[i] ?? 0;
          return isGradient(i) ? rounded(Math.fround(rounded(value) + rounded(second))) : value + second;
        });
        expect(sum.floats).toEqual(expected);
        sum.release();
      },
    ),
  );
});

it('bf16 takes half the bytes of f32, but for what stays float32', () => {
  const layout = layoutOf(1001, 3);
  expect(nodeWireOf('f32', layout, kernels).numWords).toBe(1001 + 3 + 2);
  expect(nodeWireOf('bf16', layout, kernels).numWords).toBe(501 + 3 + 2);
});

it('f32 passes values on to the bit', () => {
  const layout = layoutOf(7, 2);
  const wire = nodeWireOf('f32', layout, kernels);
  const leaf = normal([1, 2], layout.size);
  const node = wire.unpack(wire.pack(leaf));
  expect(node.floats).toEqual(leaf);
});
