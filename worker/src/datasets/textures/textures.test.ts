import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawTexture } from './draw-texture.ts';
import { oklch } from './palette.ts';
import { textures } from './textures.ts';

const shape = { size: 8, channels: 3 } as const;

describe('textures', () => {
  let cache = '';
  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'atelier-textures-'));
  });
  afterAll(() => rm(cache, { recursive: true, force: true }));

  it('draws the same texture for the same name and another for another', () => {
    const pixels = (...name: number[]): string =>
      Buffer.from(drawTexture(16, ...name).pixels).toString('hex');
    expect(pixels(1, 2)).toBe(pixels(1, 2));
    expect(new Set(Array.from({ length: 50 }, (_, index) => pixels(1, index))).size).toBe(50);
  });

  it('gives every texture at least two clearly different tones', () => {
    for (let index = 0; index < 50; index++) {
      const { pixels } = drawTexture(32, index);
      const lights = Array.from({ length: 1024 }, (_, i) =>
        pixels.subarray(3 * i, 3 * i + 3).reduce((a, b) => a + b),
      );
      expect(Math.max(...lights) - Math.min(...lights), `texture ${index}`).toBeGreaterThan(100);
    }
  });

  it('reads the same from the cache as when they were drawn, and shares none between the splits', async () => {
    const drawn = await textures.open({ kind: 'textures', split: 'train' }, shape, { cacheFolder: cache });
    const kept = await textures.open({ kind: 'textures', split: 'train' }, shape, { cacheFolder: cache });
    const test = await textures.open({ kind: 'textures', split: 'test' }, shape, { cacheFolder: cache });
    expect(await kept.read([5, 2047])).toEqual(await drawn.read([5, 2047]));
    expect(kept.digest).toBe(drawn.digest);
    expect(test.digest).not.toBe(drawn.digest);
    expect(await test.read([5])).not.toEqual(await drawn.read([5]));
  });

  it('converts white and red from OKLCH', () => {
    for (const channel of oklch(1, 0, 0)) expect(channel).toBeCloseTo(255, 1);
    const [red, green, blue] = oklch(0.62796, 0.25768, (29.234 * Math.PI) / 180);
    expect(red).toBeCloseTo(255, 0);
    expect(Math.max(green, blue)).toBeLessThan(6);
  });
});
