import { describe, expect, it } from 'vitest';
import { Kernels } from '../kernels/kernels.ts';
import { CHUNK_ELEMENTS, piecesOf, type Slice } from '../layout/slices.ts';
import { normal } from '../random/keyed-random.ts';
import { type ParameterWire, parameterWireOf } from './parameter-wire.ts';

const LENGTH = 2 * CHUNK_ELEMENTS + 5;
const NUM_VERSIONS = 6;
const kernels = Kernels.load();

function spanOf(values: ArrayLike<number>) {
  const span = kernels.memory.allocate(values.length);
  span.floats.set(values);
  return span;
}

/** A sender's and a worker's side over some versions. @param pieces that the sender works through */
function followed(wire: ParameterWire, pieces: readonly Slice[]) {
  const initial = normal([1, 1], LENGTH);
  const [parameters, published, held] = [spanOf(initial), spanOf(initial), spanOf(initial)];
  const difference = kernels.memory.allocate(wire.wordsOf(LENGTH));
  for (let version = 1; version <= NUM_VERSIONS; version += 1) {
    kernels.add(parameters, spanOf(normal([2, version], LENGTH).map((value) => value * 1e-3)));
    for (const { offset, size } of pieces) {
      wire.follow(kernels, {
        published: published.slice(offset, size),
        parameters: parameters.slice(offset, size),
        difference: difference.slice(wire.wordsOf(offset), wire.wordsOf(size)),
      });
    }
    wire.add(kernels, held, difference);
    expect(held.floats).toEqual(published.floats);
  }
  return { parameters: parameters.floats.slice(), held: held.floats.slice() };
}

it('has no differences where the wire is f32', () => {
  expect(parameterWireOf('f32')).toBeUndefined();
});

describe.each(['bf16'] as const)('differences with wire: %s', (name) => {
  const wire = parameterWireOf(name);
  if (wire === undefined) throw new Error(`${name} has no differences`);
  const whole = [{ offset: 0, size: LENGTH }];

  it('bring a worker to what the sender has, to the bit, and stay by the parameters', () => {
    const { parameters, held } = followed(wire, whole);
    expect(held).not.toEqual(parameters);
    for (const [i, value] of held.entries())
      expect(Math.abs(value - (parameters[i] ?? 0))).toBeLessThan(2e-5);
  });

  it('are the same bits when they are made chunk by chunk', () => {
    expect(followed(wire, piecesOf(LENGTH, CHUNK_ELEMENTS)).held).toEqual(followed(wire, whole).held);
  });

  it('take fewer words than the parameters, and as many for a chunk wherever it lies', () => {
    expect(wire.wordsOf(LENGTH)).toBeLessThan(LENGTH);
    for (const numChunks of [1, 2, 7])
      expect(wire.wordsOf(numChunks * CHUNK_ELEMENTS)).toBe(numChunks * wire.wordsOf(CHUNK_ELEMENTS));
    expect(wire.wordsOf(0)).toBe(0);
  });
});
