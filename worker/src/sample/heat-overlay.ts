import type { Tile } from './grid.ts';

/** What counts as hottest: single pixels above it would leave the rest dark. */
const TOP_SHARE = 0.98;
/** From nothing to hottest: black, purple, red, orange, pale yellow, in [0, 1]. */
const RAMP = [
  [0, 0, 0.02],
  [0.34, 0.06, 0.43],
  [0.78, 0.2, 0.27],
  [0.98, 0.55, 0.04],
  [0.99, 1, 0.64],
] as const;

/** A picture in dim grey with heat over it, scaled to the image's own range. @param heat [height, width], 0 or more */
export function heatOverlay(tile: Tile, heat: Float32Array): Tile {
  const { height, width, channels } = tile;
  const sorted = Float32Array.from(heat).sort();
  const top = sorted[Math.floor((sorted.length - 1) * TOP_SHARE)] || 1;
  const pixels = new Float32Array(height * width * 3);
  for (let i = 0; i < height * width; i++) {
    const value = Math.min(1, (heat[i] ?? 0) / top);
    const grey = meanOf(tile.pixels.subarray(i * channels, (i + 1) * channels));
    for (let c = 0; c < 3; c++) {
      const shade = (grey + 1) * 0.25 * (1 - value);
      pixels[i * 3 + c] = 2 * Math.min(1, shade + value * rampAt(value, c)) - 1;
    }
  }
  return { height, width, channels: 3, pixels };
}

function rampAt(value: number, channel: number): number {
  const place = value * (RAMP.length - 1);
  const below = Math.min(RAMP.length - 2, Math.floor(place));
  const [from, to] = [RAMP[below]?.[channel] ?? 0, RAMP[below + 1]?.[channel] ?? 0];
  return from + (to - from) * (place - below);
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
