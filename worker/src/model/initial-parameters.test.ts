import { describe, expect, it } from 'vitest';
import { initialParametersOf } from './initial-parameters.ts';

const normal = { kind: 'normal', stddev: 0.02 } as const;
const groups = [
  {
    name: 'generator',
    tensors: [
      { name: 'kernel', shape: [100, 100], initial: normal },
      { name: 'scale', shape: [2], initial: { kind: 'constant', value: 1 } },
    ],
    statistics: [{ name: 'mean', shape: [3], initial: { kind: 'constant', value: 0.5 } }],
  },
  {
    name: 'discriminator',
    tensors: [{ name: 'kernel', shape: [50, 50], initial: { kind: 'uniform', limit: 0.1 } }],
  },
] as const;

describe('initial parameters', () => {
  it('lie as parameters and then statistics, group after group', () => {
    const flat = initialParametersOf({ groups }, 1);
    expect(flat).toHaveLength(10_000 + 2 + 3 + 2_500);
    expect([...flat.subarray(10_000, 10_005)]).toEqual([1, 1, 0.5, 0.5, 0.5]);
  });

  it('follow their distributions', () => {
    const flat = initialParametersOf({ groups }, 1);
    const kernel = flat.subarray(0, 10_000);
    const meanSquare = kernel.reduce((sum, value) => sum + value * value, 0) / kernel.length;
    expect(Math.sqrt(meanSquare)).toBeCloseTo(0.02, 3);
    const uniform = flat.subarray(10_005);
    expect(Math.max(...uniform)).toBeLessThanOrEqual(Math.fround(0.1));
    expect(Math.max(...uniform)).toBeGreaterThan(0.099);
    expect(Math.min(...uniform)).toBeLessThan(-0.099);
  });

  it('depend on the seed, the group and the tensor, and on no other tensor', () => {
    const flat = initialParametersOf({ groups }, 1);
    expect(initialParametersOf({ groups }, 1)).toEqual(flat);
    expect(initialParametersOf({ groups }, 2).subarray(0, 100)).not.toEqual(flat.subarray(0, 100));
    expect(initialParametersOf({ groups: [groups[1]] }, 1)).toEqual(flat.subarray(10_005));
  });
});
