import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KernelSpan } from './kernel-memory.ts';
import { bf16WordsOf, Kernels } from './kernels.ts';

const kernels = Kernels.load();
const QUIET_NAN = 0x7fc0;

/** Float32 bits, with those most wanted that are hard to meet: ties, infinities, NaNs, denormals, zeros, ends. */
const bits = fc.oneof(
  fc.nat(0xffff_ffff),
  fc.nat(0xffff).map((upper) => ((upper << 16) | 0x8000) >>> 0),
  fc.constantFrom(0, 0x8000_0000, 1, 0x8000_0001, 0x007f_ffff, 0x0000_8000, 0x0000_8001, 0x0001_8000),
  fc.constantFrom(0x7f80_0000, 0xff80_0000, 0x7f80_0001, 0xffff_ffff, 0x7fc0_1234, 0x7f7f_ffff, 0xff7f_8000),
);
const manyBits = fc.array(bits, { maxLength: 40 });
const manyPairs = fc.array(fc.tuple(bits, bits), { maxLength: 40 });

function floatOf(word: number): number {
  return new Float32Array(Uint32Array.of(word).buffer)[0] ?? 0;
}

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

/** The definition, by distances: of the two neighbours that share its upper half, the nearer, or else the even one. */
function roundedBits(value: number): number {
  if (Number.isNaN(value)) return QUIET_NAN;
  const below = bitsOf(value) >>> 16;
  const lower = floatOf(below << 16);
  if (lower === value) return below;
  // One more of the largest exponent is where infinity stands: 2^128, which float32 cannot say but float64 can.
  const upper = Math.abs(lower) >= 2 ** 127 * (255 / 128) ? 2 ** 128 : Math.abs(floatOf((below + 1) << 16));
  const toLower = Math.abs(value) - Math.abs(lower);
  const toUpper = upper - Math.abs(value);
  if (toLower === toUpper) return below % 2 === 0 ? below : below + 1;
  return toLower < toUpper ? below : below + 1;
}

function widened(half: number): number {
  return floatOf(half << 16);
}

/** A buffer of these bits, at an address that is a multiple of 4 and no more. */
function spanOf(words: readonly number[]): KernelSpan {
  const span = kernels.memory.allocate(words.length + 1).slice(1, words.length);
  span.bytes.set(new Uint8Array(Uint32Array.from(words).buffer));
  return span;
}

function wordsOf(span: KernelSpan): number[] {
  return [...new Uint32Array(span.bytes.slice().buffer)];
}

function packedSpanOf(halves: readonly number[]): KernelSpan {
  const span = kernels.memory.allocate(bf16WordsOf(halves.length) + 1).slice(1, bf16WordsOf(halves.length));
  span.bytes.fill(0);
  span.bytes.set(new Uint8Array(Uint16Array.from(halves).buffer));
  return span;
}

function halvesOf(span: KernelSpan, length: number): number[] {
  const halves = [...new Uint16Array(span.bytes.slice().buffer)];
  if (length % 2 === 1) expect(halves.at(-1)).toBe(0);
  return halves.slice(0, length);
}

/** NaNs of any payload are one: arithmetic may give one or the other. */
function comparable(value: number): number {
  return Number.isNaN(value) ? QUIET_NAN << 16 : bitsOf(value);
}

describe('bf16 kernels', () => {
  it('round to nearest, ties to even, whatever the float: NaN, infinity, denormal, zero of either sign', () => {
    fc.assert(
      fc.property(manyBits, (words) => {
        const packed = packedSpanOf(words.map(() => 0xabcd));
        kernels.packBf16(packed, spanOf(words));
        expect(halvesOf(packed, words.length)).toEqual(words.map((word) => roundedBits(floatOf(word))));
      }),
      { examples: [[[0x3f80_8000, 0x3f81_8000, 0x3f80_8001, 0xff7f_8000, 0x0000_8000]]] },
    );
  });

  it('widen to the float of the same upper half', () => {
    const halves = fc.array(fc.nat(0xffff), { maxLength: 40 });
    fc.assert(
      fc.property(halves, (values) => {
        const target = spanOf(values.map(() => 0));
        kernels.unpackBf16(target, packedSpanOf(values));
        expect(wordsOf(target)).toEqual(values.map((half) => (half << 16) >>> 0));
      }),
    );
  });

  it('add as float32 does, then round', () => {
    fc.assert(
      fc.property(manyPairs, (pairs) => {
        const [left, right] = [0, 1].map((side) =>
          pairs.map((pair) => roundedBits(floatOf(pair[side] ?? 0))),
        ) as [number[], number[]];
        const target = packedSpanOf(left);
        kernels.addBf16(target, packedSpanOf(right));
        const sums = left.map((half, i) => Math.fround(widened(half) + widened(right[i] ?? 0)));
        expect(halvesOf(target, pairs.length)).toEqual(sums.map(roundedBits));
      }),
    );
  });

  it('follow a buffer by rounded differences, and arrive at the same bits wherever these are added', () => {
    fc.assert(
      fc.property(manyPairs, (pairs) => {
        const source = spanOf(pairs.map(([word]) => word));
        const old = pairs.map(([, word]) => floatOf(word));
        const [target, elsewhere] = [
          spanOf(pairs.map(([, word]) => word)),
          spanOf(pairs.map(([, word]) => word)),
        ];
        const difference = packedSpanOf(pairs.map(() => 0xabcd));
        kernels.followBf16(target, source, difference);
        const halves = old.map((value, i) => roundedBits(Math.fround((source.floats[i] ?? 0) - value)));
        expect(halvesOf(difference, pairs.length)).toEqual(halves);
        const arrived = old.map((value, i) => comparable(Math.fround(value + widened(halves[i] ?? 0))));
        expect([...target.floats].map(comparable)).toEqual(arrived);
        kernels.addDifferenceBf16(elsewhere, difference);
        expect([...elsewhere.floats].map(comparable)).toEqual(arrived);
      }),
    );
  });

  it('lose nothing for good: what one difference rounds away is in the next', () => {
    const source = spanOf([0.1, -3.7e-5, 12.34567].map(bitsOf));
    const target = spanOf([0.0, 1.0, 12.0].map(bitsOf));
    const difference = packedSpanOf([0, 0, 0]);
    for (let i = 0; i < 4; i += 1) kernels.followBf16(target, source, difference);
    expect(wordsOf(target)).toEqual(wordsOf(source));
  });

  it('refuse buffers that do not go together', () => {
    expect(() => kernels.packBf16(packedSpanOf([1, 2, 3]), spanOf([1, 2]))).toThrow(
      '2 bf16 elements take 1 words',
    );
  });
});
