import type { Image } from './image.ts';

interface Tap {
  readonly first: number;
  readonly factors: Float64Array;
}

/**
 * Resizes a square image with a triangle filter whose width grows with the reduction, so that nothing aliases:
 * bilinear when enlarging, a weighted area mean when reducing. Plain IEEE arithmetic in a fixed order: every machine
 * gets the same bytes, which a SIMD image library does not promise.
 */
export function resizeSquare(image: Image, size: number): Image {
  if (image.width === size) return image;
  const { width, channels } = image;
  const taps = tapsOf(width, size);
  const rows = new Float64Array(width * size * channels);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < size; x++) {
      accumulate(
        image.pixels,
        y * width * channels,
        channels,
        taps[x],
        rows,
        (y * size + x) * channels,
        channels,
      );
    }
  }
  const sums = new Float64Array(size * size * channels);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      accumulate(rows, x * channels, size * channels, taps[y], sums, (y * size + x) * channels, channels);
    }
  }
  // A Uint8ClampedArray rounds halves to even; adding one half and cutting is the same everywhere and simpler to state.
  const pixels = Uint8Array.from(sums, (value) => Math.min(255, Math.floor(value + 0.5)));
  return { width: size, height: size, channels, pixels };
}

/** Adds up `channels` neighbouring values along `stride`, each by the tap's factor. */
function accumulate(
  source: Uint8Array | Float64Array,
  start: number,
  stride: number,
  tap: Tap | undefined,
  target: Float64Array,
  at: number,
  channels: number,
): void {
  if (tap === undefined) return;
  const { first, factors } = tap;
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let i = 0; i < factors.length; i++) {
      sum += (factors[i] ?? 0) * (source[start + (first + i) * stride + channel] ?? 0);
    }
    target[at + channel] = sum;
  }
}

function tapsOf(from: number, to: number): Tap[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(from - 1, Math.floor(centre + reach));
    const factors = Float64Array.from({ length: last - first + 1 }, (_unused, k) =>
      Math.max(0, 1 - Math.abs(first + k - centre) / reach),
    );
    const sum = factors.reduce((total, factor) => total + factor, 0);
    return { first, factors: factors.map((factor) => factor / sum) };
  });
}
