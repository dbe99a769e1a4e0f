import { centreSquare, type Image, withChannels } from '@atelier/worker/data/image';
import { resizeSquare } from '@atelier/worker/data/resize';
import type { Painted } from './network.ts';

/** What transparent parts are shown over, as `atelier stylize` does. */
const NEUTRAL = 'rgb(128 128 128)';

/**
 * The middle square of a picture, resized as the training data are, to the bit.
 * @throws Error when it is no picture that this browser reads
 */
export async function squareOf(file: Blob, size: number, channels: 1 | 3): Promise<Image> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('this browser draws no pictures');
  context.fillStyle = NEUTRAL;
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => data[i + Math.floor(i / 3)] ?? 0);
  return withChannels(resizeSquare(centreSquare({ width, height, channels: 3, pixels }), size), channels);
}

/** 0..255 to [-1, 1]. */
export function valuesOf({ pixels }: Image): Float32Array {
  return Float32Array.from(pixels, (value) => value / 127.5 - 1);
}

/** Gives the canvas the picture's size and shows it. */
export function show(canvas: HTMLCanvasElement, { width, height, channels, values }: Painted): void {
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) {
      const value = values[pixel * channels + (channels === 1 ? 0 : c)] ?? 0;
      // Clamped and rounded by the array that it is put into.
      pixels.data[pixel * 4 + c] = (value + 1) * 127.5;
    }
    pixels.data[pixel * 4 + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}
