import { describe, expect, it } from 'vitest';
import { openDataset } from './open-dataset.ts';

describe('mnist', () => {
  it('holds 60,000 and 10,000 digits of all ten classes', async () => {
    const shape = { size: 32, channels: 1 } as const;
    const [train, test] = await Promise.all([
      openDataset({ kind: 'mnist', split: 'train' }, shape),
      openDataset({ kind: 'mnist', split: 'test' }, shape),
    ]);
    expect([train.numExamples, test.numExamples]).toEqual([60_000, 10_000]);
    expect(new Set(test.labels).size).toBe(10);
    expect(train.digest).not.toBe(test.digest);
  });

  it('centres the 28-pixel digit on 32 pixels of black', async () => {
    const mnist = await openDataset({ kind: 'mnist', split: 'test' }, { size: 32, channels: 1 });
    const image = await mnist.read([0]);
    const rows = Array.from({ length: 32 }, (_, y) => image.subarray(y * 32, (y + 1) * 32));
    for (const row of [rows[0], rows[1], rows[30], rows[31]]) expect(new Set(row)).toEqual(new Set([-1]));
    expect(Math.max(...image)).toBeGreaterThan(0.9);
  });
});
