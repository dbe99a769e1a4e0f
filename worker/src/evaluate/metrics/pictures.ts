import type { Tile } from '../../sample/grid.ts';

/** Colour pictures of one size, one after another: NHWC with 3 channels, values in [-1, 1]. */
export interface Pictures {
  readonly pixels: Float32Array;
  readonly count: number;
  readonly size: number;
}

/** ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114] as const;

export function floatsOf({ size }: Pick<Pictures, 'size'>): number {
  return size * size * 3;
}

/** A view of one of them. */
export function pictureAt(pictures: Pictures, index: number): Float32Array {
  const length = floatsOf(pictures);
  return pictures.pixels.subarray(index * length, (index + 1) * length);
}

export function tileAt(pictures: Pictures, index: number): Tile {
  const { size } = pictures;
  return { height: size, width: size, channels: 3, pixels: pictureAt(pictures, index) };
}

/** The pictures at these places, in this order; a place may come several times. */
export function picked(pictures: Pictures, places: readonly number[]): Pictures {
  const length = floatsOf(pictures);
  const pixels = new Float32Array(places.length * length);
  for (const [i, place] of places.entries()) pixels.set(pictureAt(pictures, place), i * length);
  return { pixels, count: places.length, size: pictures.size };
}

/** Grey becomes colour by repetition. */
export function picturesOf(pixels: Float32Array, size: number, channels: 1 | 3): Pictures {
  const count = pixels.length / (size * size * channels);
  if (channels === 3) return { pixels, count, size };
  return { pixels: Float32Array.from({ length: 3 * pixels.length }, greyAt), count, size };
  function greyAt(_: unknown, i: number): number {
    return pixels[Math.floor(i / 3)] ?? 0;
  }
}

/** One value a pixel. */
export function lumaOf(picture: Float32Array): Float32Array {
  return Float32Array.from({ length: picture.length / 3 }, (_, i) =>
    LUMA.reduce((sum, weight, channel) => sum + weight * (picture[3 * i + channel] ?? 0), 0),
  );
}
