import { describe, expect, it } from 'vitest';
import { resizeSquare } from './resize.ts';

describe('resizeSquare', () => {
  it.each([1, 3] as const)('keeps a plain image plain at any size (%i channels)', (channels) => {
    const image = { width: 7, height: 7, channels, pixels: new Uint8Array(49 * channels).fill(201) };
    for (const size of [1, 3, 5, 8, 20]) {
      expect(new Set(resizeSquare(image, size).pixels)).toEqual(new Set([201]));
    }
  });

  it('means over an area when it reduces: a fine pattern becomes grey, not aliased', () => {
    const checkers = Uint8Array.from({ length: 32 * 32 }, (_, i) => ((i + Math.floor(i / 32)) % 2) * 255);
    const small = resizeSquare({ width: 32, height: 32, channels: 1, pixels: checkers }, 8);
    for (const value of small.pixels) expect(Math.abs(value - 127.5)).toBeLessThan(16);
  });

  it('is bilinear when it enlarges', () => {
    const image = { width: 2, height: 2, channels: 1, pixels: Uint8Array.of(0, 100, 0, 100) } as const;
    expect([...resizeSquare(image, 4).pixels.subarray(0, 4)]).toEqual([0, 25, 75, 100]);
  });
});
