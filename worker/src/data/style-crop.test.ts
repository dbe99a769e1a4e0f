import { describe, expect, it } from 'vitest';
import { chooseStyleSquares } from './style-crop.ts';

type Paint = (x: number, y: number) => readonly [number, number, number, number];

function picture(paint: Paint): Parameters<typeof chooseStyleSquares>[0] {
  const size = 256;
  const pixels = new Uint8Array(size * size * 3);
  const alpha = new Uint8Array(size * size);
  for (let i = 0; i < alpha.length; i++) {
    const [red, green, blue, opacity] = paint(i % size, Math.floor(i / size));
    pixels.set([red, green, blue], i * 3);
    alpha[i] = opacity;
  }
  return { image: { width: size, height: size, channels: 3, pixels }, alpha };
}

describe('chooseStyleSquares', () => {
  it('stays inside the outline', () => {
    const disc = picture((x, y) => [(x * 3) % 256, y, 90, Math.hypot(x - 128, y - 128) < 112 ? 255 : 0]);
    expect(chooseStyleSquares(disc, 1)[0]?.opacity).toBeGreaterThan(0.97);
  });

  it('prefers the colourful part to the plain one', () => {
    const half = picture((x, y) =>
      x < 128 ? [200, 200, 200, 255] : [(x * 40) % 256, (y * 24) % 256, 30, 255],
    );
    const [best] = chooseStyleSquares(half, 1);
    if (best === undefined) throw new Error('a square was wanted');
    expect(best.left + best.size / 2).toBeGreaterThan(140);
  });

  it('offers squares that overlap by less than half', () => {
    const [a, b] = chooseStyleSquares(
      picture((x, y) => [x, y, 128, 255]),
      2,
    );
    if (a === undefined || b === undefined) throw new Error('two squares were wanted');
    const width = Math.min(a.left + a.size, b.left + b.size) - Math.max(a.left, b.left);
    const height = Math.min(a.top + a.size, b.top + b.size) - Math.max(a.top, b.top);
    const shared = Math.max(0, width) * Math.max(0, height);
    expect(shared / Math.min(a.size, b.size) ** 2).toBeLessThan(0.5);
  });
});
