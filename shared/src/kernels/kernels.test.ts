import { describe, expect, it } from 'vitest';
import { normal } from '../random/keyed-random.ts';
import type { KernelSpan } from './kernel-memory.ts';
import { Kernels } from './kernels.ts';

// Over 250 lines: each kernel against its formula in scalars.

const { fround, sqrt } = Math;
const kernels = Kernels.load();
const LENGTHS = [0, 1, 3, 4, 5, 8, 103];

/** Operands of `length` at every alignment a slice can have, filled from the normal distribution. */
function operandsOf(count: number, length: number, misalignment: number): KernelSpan[] {
  return Array.from({ length: count }, (_, i) => {
    const span = kernels.memory.allocate(length + 4).slice((misalignment + i) % 4, length);
    span.floats.set(normal([7, i], length));
    return span;
  });
}

/** Runs the kernel and its scalar definition on equal operands and compares every bit. */
function expectScalarBits(
  numOperands: number,
  kernel: (...operands: KernelSpan[]) => void,
  scalar: (...values: number[]) => number[],
  prepare: (value: number, operand: number) => number = (value) => value,
): void {
  for (const length of LENGTHS) {
    for (const misalignment of [0, 1, 2, 3]) {
      const operands = operandsOf(numOperands, length, misalignment);
      for (const [i, span] of operands.entries())
        span.floats.set(span.floats.map((value) => prepare(value, i)));
      const expected = operands.map((span) => span.floats.slice());
      for (let at = 0; at < length; at += 1) {
        const results = scalar(...expected.map((values) => values[at] ?? 0));
        for (const [i, result] of results.entries()) expected[i]?.set([result], at);
      }
      kernel(...operands);
      for (const [i, span] of operands.entries()) {
        expect(new Uint8Array(span.bytes)).toEqual(new Uint8Array(expected[i]?.buffer ?? []));
      }
    }
  }
}

/** Element i to partial sum i mod 4, all of it in float64. */
function squaresByLanes(values: readonly number[]): number {
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  for (const [i, value] of values.entries()) sums[i % 4] = (sums[i % 4] ?? 0) + value * value;
  return sums[0] + sums[1] + (sums[2] + sums[3]);
}

describe('kernels', () => {
  it('add as scalar float32 does, to the bit, at any alignment and length', () => {
    expectScalarBits(
      2,
      (target, source) => source && target && kernels.add(target, source),
      (t = 0, s = 0) => [fround(t + s)],
    );
  });

  it('scale and average as scalar float32 does', () => {
    const fraction = fround(0.1);
    expectScalarBits(
      1,
      (...[t]) => t && kernels.scale(t, 0.1),
      (t = 0) => [fround(t * fraction)],
    );
    expectScalarBits(
      1,
      (...[t]) => t && kernels.scaleAndSquare(t, 0.1),
      (t = 0) => [fround(t * fraction)],
    );
    expectScalarBits(
      2,
      (...[t, s]) => t && s && kernels.moveToward(t, s, 0.1),
      (t = 0, s = 0) => [fround(t + fround(fround(s - t) * fraction))],
    );
  });

  it('leave an average that has arrived exactly where it is', () => {
    const [target, source] = operandsOf(2, 103, 0);
    if (!target || !source) throw new Error('no operands');
    target.floats.set(source.floats);
    kernels.moveToward(target, source, 0.001);
    expect(target.floats).toEqual(source.floats);
  });

  it('run Adam as scalar float32 does', () => {
    const [fraction1, beta2, fraction2, stepSize, rootCorrection2, epsilon, keep] = [
      0.1, 0.999, 0.001, 0.02, 0.3, 1e-8, 0.99,
    ].map(fround) as [number, number, number, number, number, number, number];
    expectScalarBits(
      4,
      (...[p, g, m, v]) =>
        p &&
        g &&
        m &&
        v &&
        kernels.adam(p, g, m, v, { fraction1, beta2, fraction2, stepSize, rootCorrection2, epsilon, keep }),
      (p = 0, g = 0, m = 0, v = 0) => {
        const newM = fround(m + fround(fround(g - m) * fraction1));
        const newV = fround(fround(v * beta2) + fround(fround(fraction2 * g) * g));
        const divisor = fround(fround(fround(sqrt(newV)) / rootCorrection2) + epsilon);
        return [fround(fround(p * keep) - fround(stepSize * fround(newM / divisor))), g, newM, newV];
      },
      (value, operand) => (operand === 3 ? Math.abs(value) : value),
    );
  });

  it('add up squares in float64, element i to partial sum i mod 4', () => {
    for (let length = 0; length < 64; length += 1) {
      for (const span of operandsOf(4, length, 0)) {
        const before = span.floats.slice();
        expect(kernels.squares(span)).toBe(squaresByLanes([...before]));
        expect(span.floats).toEqual(before);
      }
    }
  });

  it('run LAMB as scalar float32 does, and measure its update without changing anything', () => {
    const coefficients = {
      fraction1: fround(0.1),
      beta2: fround(0.999),
      fraction2: fround(0.001),
      unbias1: fround(2.5),
      rootCorrection2: fround(0.3),
      epsilon: fround(1e-6),
      weightDecay: fround(0.01),
    };
    const rate = fround(0.02);
    const { fraction1, beta2, fraction2, unbias1, rootCorrection2, epsilon, weightDecay } = coefficients;
    const movedOf = (p: number, g: number, m: number, v: number) => {
      const newM = fround(m + fround(fround(g - m) * fraction1));
      const newV = fround(fround(v * beta2) + fround(fround(fraction2 * g) * g));
      const divisor = fround(fround(fround(sqrt(newV)) / rootCorrection2) + epsilon);
      const u = fround(fround(fround(newM * unbias1) / divisor) + fround(weightDecay * p));
      return { newM, newV, u };
    };
    const positive = (value: number, operand: number): number => (operand === 3 ? Math.abs(value) : value);
    expectScalarBits(
      4,
      (...[p, g, m, v]) => p && g && m && v && kernels.lamb(p, g, m, v, { ...coefficients, rate }),
      (p = 0, g = 0, m = 0, v = 0) => {
        const { newM, newV, u } = movedOf(p, g, m, v);
        return [fround(p - fround(rate * u)), g, newM, newV];
      },
      positive,
    );
    for (let length = 0; length < 64; length += 1) {
      const operands = operandsOf(4, length, 1);
      const [p, g, m, v] = operands;
      if (!p || !g || !m || !v) throw new Error('no operands');
      v.floats.set(v.floats.map(Math.abs));
      const before = operands.map((span) => span.floats.slice());
      const updates = Array.from(before[0] ?? [], (_, i) => {
        const [p = 0, g = 0, m = 0, v = 0] = before.map((values) => values[i] ?? 0);
        return movedOf(p, g, m, v).u;
      });
      expect(kernels.lambSquares(p, g, m, v, coefficients)).toBe(squaresByLanes(updates));
      expect(operands.map((span) => span.floats.slice())).toEqual(before);
    }
  });

  it('run SGD, with and without momentum and Nesterov, as scalar float32 does', () => {
    const [rate, momentum] = [fround(0.01), fround(0.9)];
    expectScalarBits(
      2,
      (...[p, g]) => p && g && kernels.sgd(p, g, rate),
      (p = 0, g = 0) => [fround(p - fround(rate * g))],
    );
    for (const nesterov of [false, true]) {
      expectScalarBits(
        3,
        (...[p, g, u]) =>
          p && g && u && kernels.sgdMomentum(p, g, u, { learningRate: rate, momentum, nesterov }),
        (p = 0, g = 0, u = 0) => {
          const newU = fround(fround(momentum * u) + g);
          const direction = nesterov ? fround(g + fround(momentum * newU)) : newU;
          return [fround(p - fround(rate * direction)), g, newU];
        },
      );
    }
  });

  it('run RMSProp, with and without momentum, as scalar float32 does', () => {
    const [learningRate, decay, fraction, epsilon, momentum] = [0.01, 0.99, 0.01, 1e-8, 0.9].map(fround) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const coefficients = { learningRate, decay, fraction, epsilon };
    const scaledOf = (g: number, s: number): [number, number] => {
      const newS = fround(fround(s * decay) + fround(fround(fraction * g) * g));
      return [newS, fround(g / fround(fround(sqrt(newS)) + epsilon))];
    };
    const positive = (value: number, operand: number): number => (operand === 2 ? Math.abs(value) : value);
    expectScalarBits(
      3,
      (...[p, g, s]) => p && g && s && kernels.rmsprop(p, g, s, coefficients),
      (p = 0, g = 0, s = 0) => {
        const [newS, scaled] = scaledOf(g, s);
        return [fround(p - fround(learningRate * scaled)), g, newS];
      },
      positive,
    );
    expectScalarBits(
      4,
      (...[p, g, s, u]) =>
        p && g && s && u && kernels.rmspropMomentum(p, g, s, u, { ...coefficients, momentum }),
      (p = 0, g = 0, s = 0, u = 0) => {
        const [newS, scaled] = scaledOf(g, s);
        const newU = fround(fround(momentum * u) + scaled);
        return [fround(p - fround(learningRate * newU)), g, newS, newU];
      },
      positive,
    );
  });

  it('sum squares in four partial sums by index, at any alignment', () => {
    for (const length of LENGTHS) {
      for (const misalignment of [0, 1, 2, 3]) {
        const [span] = operandsOf(1, length, misalignment);
        if (!span) throw new Error('no operand');
        const sums = [0, 0, 0, 0];
        span.floats.forEach((value, i) => {
          sums[i % 4] = (sums[i % 4] ?? 0) + value * value;
        });
        const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = sums;
        expect(kernels.scaleAndSquare(span, 1)).toBe(s0 + s1 + (s2 + s3));
      }
    }
  });

  it('sum squares to what is finite unless an element is not, wherever it stands', () => {
    const [span] = operandsOf(1, 103, 1);
    if (!span) throw new Error('no operand');
    span.floats.fill(3.4028234663852886e38);
    expect(kernels.scaleAndSquare(span, 1)).toBeLessThan(Number.POSITIVE_INFINITY);
    for (const at of [0, 2, 50, 99, 100, 102]) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const kept = span.floats[at] ?? 0;
        span.floats[at] = value;
        expect(Number.isFinite(kernels.scaleAndSquare(span, 1))).toBe(false);
        span.floats[at] = kept;
      }
    }
  });

  it('refuse buffers of different lengths', () => {
    const [long] = operandsOf(1, 8, 0);
    const [short] = operandsOf(1, 7, 0);
    expect(() => long && short && kernels.add(long, short)).toThrow('8 and 7');
  });
});
