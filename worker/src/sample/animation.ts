import sharp from 'sharp';
import type { RgbImage } from './grid.ts';

/** A frame stays for this long, milliseconds. */
const FRAME_MS = 60;

export type AnimationFormat = 'webp' | 'gif';

/** Frames of one size, shown one after the other without end. */
export async function encodeAnimation(
  frames: readonly RgbImage[],
  format: AnimationFormat,
): Promise<Uint8Array> {
  const [{ width, height } = { width: 0, height: 0 }] = frames;
  const pixels = Buffer.concat(frames.map((frame) => frame.pixels));
  const animated = sharp(pixels, {
    raw: { width, height: height * frames.length, channels: 3, pageHeight: height },
  });
  const timing = { delay: frames.map(() => FRAME_MS), loop: 0 };
  return format === 'gif'
    ? animated.gif(timing).toBuffer()
    : animated.webp({ ...timing, lossless: true }).toBuffer();
}
