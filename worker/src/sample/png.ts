import sharp from 'sharp';
import type { RgbImage } from './grid.ts';

export async function encodePng({ width, height, pixels }: RgbImage): Promise<Uint8Array> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
