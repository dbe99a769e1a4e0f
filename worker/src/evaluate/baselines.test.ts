import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import { describe, expect, it } from 'vitest';
import { baselines, paintedBy } from './baselines.ts';
import { type Pictures, picturesOf } from './metrics/pictures.ts';

const SIZE = 4;
const style: Pictures = {
  pixels: uniform(keyOf('style'), SIZE * SIZE * 3).map((v) => v - 0.4),
  count: 1,
  size: SIZE,
};
/** Ink above, paper below. */
const content = picturesOf(
  Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i < 8 ? 1 : -1)),
  SIZE,
  1,
);

function paint(name: string): Float32Array {
  const baseline = baselines.find((candidate) => candidate.name.startsWith(name));
  if (baseline === undefined) throw new Error(`no baseline ${name}`);
  return paintedBy(baseline, content, style).pixels;
}

function momentsOf(pixels: Float32Array, channel: number): [number, number] {
  const values = pixels.filter((_, i) => i % 3 === channel);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length];
}

describe('the baselines', () => {
  it('give the content the mean and the variance of the style, where nothing is cut off', () => {
    const moved = paint('colour statistics');
    for (const channel of [0, 1, 2]) {
      const [mean, variance] = momentsOf(moved, channel);
      expect(mean).toBeCloseTo(momentsOf(style.pixels, channel)[0], 4);
      expect(variance).toBeCloseTo(momentsOf(style.pixels, channel)[1], 4);
    }
  });

  it('paste as MNIST-M does: the style where there is no ink, its negative where there is', () => {
    const pasted = paint('MNIST-M');
    expect(pasted[47]).toBeCloseTo(style.pixels[47] ?? 0, 6);
    expect(pasted[0]).toBeCloseTo(-(style.pixels[0] ?? 0), 6);
  });

  it('blend by halves, and mirror the style twice into itself', () => {
    expect(paint('50%')[0]).toBeCloseTo(((style.pixels[0] ?? 0) + 1) / 2, 6);
    const [flipped] = [paint('style flipped')];
    expect(flipped?.subarray(0, 3)).toEqual(style.pixels.subarray(9, 12));
    const again = paintedBy(
      baselines.find(({ name }) => name.startsWith('style flipped')) ?? { name: '', paint: (c) => c },
      content,
      { pixels: flipped ?? new Float32Array(0), count: 1, size: SIZE },
    );
    expect(again.pixels).toEqual(style.pixels);
  });
});
