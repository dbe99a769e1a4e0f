import type { Image } from '../../data/image.ts';
import { createDraw } from './draw.ts';
import { drawPalette } from './palette.ts';
import { drawPattern } from './pattern.ts';

/** Samples along each side of a pixel. */
const SAMPLES = 2;
/** Width of the edge between ground and figure, in units of the mark. */
const EDGE = 1.2;

/** The texture of that name: the same pattern and palette at any size. @param size pixels of a side */
export function drawTexture(size: number, ...name: readonly (number | string)[]): Image {
  const draw = createDraw('texture', ...name);
  const [ground, figure, accent] = drawPalette(draw);
  const pattern = drawPattern(draw);
  const pixels = new Uint8Array(size * size * 3);
  const step = 1 / (size * SAMPLES);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sum: [number, number, number] = [0, 0, 0];
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
        const row = y * SAMPLES + Math.floor(sample / SAMPLES);
        const column = x * SAMPLES + (sample % SAMPLES);
        const mark = pattern((column + 0.5) * step, (row + 0.5) * step);
        const cover = Math.max(0, Math.min(1, 0.5 + mark.figure / EDGE));
        const colour = mark.accented ? accent : figure;
        for (const channel of [0, 1, 2] as const) {
          sum[channel] += ground[channel] + cover * (colour[channel] - ground[channel]);
        }
      }
      for (const channel of [0, 1, 2] as const) {
        pixels[(y * size + x) * 3 + channel] = Math.round(sum[channel] / SAMPLES ** 2);
      }
    }
  }
  return { width: size, height: size, channels: 3, pixels };
}
