import { describe, expect, it } from 'vitest';
import { principalPlaneOf } from './principal-plane.ts';
import { drawStyleMap } from './style-map.ts';

describe('principalPlaneOf', () => {
  it('finds the two directions in which rows differ most, and says how much they show', () => {
    const rows = [0, 1, 2, 3, 4].flatMap((a) =>
      [0, 1, 2].map((b) => [5 * a, 5 * a, b, -b, ((a + b) % 2) * 0.01]),
    );
    const { places, shown } = principalPlaneOf(rows);
    expect(shown).toBeGreaterThan(0.999);
    expect(new Set(places.map(([x]) => Math.abs(x).toFixed(1))).size).toBe(3);
    expect(new Set(places.map(([, y]) => Math.abs(y).toFixed(1))).size).toBe(2);
  });
});

describe('drawStyleMap', () => {
  const white = { height: 1, width: 1, channels: 1, pixels: Float32Array.of(1) };
  it('keeps every picture inside, and leaves out what would cover another', () => {
    const { image, numShown } = drawStyleMap(
      [white, white, white, white],
      [
        [-3, 0],
        [7, 1e-3],
        [7, 1e-3],
        [0, 5e-4],
      ],
    );
    expect(numShown).toBe(3);
    expect(image.pixels.filter((value) => value === 255)).toHaveLength(3 * 3 * 56 * 56);
  });
});
