/** An 8-bit image: rows from the top, channels interleaved. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Length width * height * channels. */
  readonly pixels: Uint8Array;
}

/** Colour square number `index` of those that lie one after the other in `pixels`: a view, no copy. */
export function colourSquare(pixels: Uint8Array, size: number, index: number): Image {
  const stride = size * size * 3;
  const square = pixels.subarray(index * stride, (index + 1) * stride);
  return { width: size, height: size, channels: 3, pixels: square };
}

/** The largest square in the middle; of two middles the upper left one. */
export function centreSquare(image: Image): Image {
  const size = Math.min(image.width, image.height);
  return crop(image, Math.floor((image.width - size) / 2), Math.floor((image.height - size) / 2), size);
}

/** The square of `size` pixels whose upper left corner is (left, top). */
export function crop(image: Image, left: number, top: number, size: number): Image {
  if (left === 0 && top === 0 && size === image.width && size === image.height) return image;
  const { channels } = image;
  const pixels = new Uint8Array(size * size * channels);
  for (let row = 0; row < size; row++) {
    const start = ((top + row) * image.width + left) * channels;
    pixels.set(image.pixels.subarray(start, start + size * channels), row * size * channels);
  }
  return { width: size, height: size, channels, pixels };
}

/** The image in the middle of a black square of `size` pixels. */
export function padToSquare(image: Image, size: number): Image {
  const { channels, width, height } = image;
  const left = Math.floor((size - width) / 2);
  const top = Math.floor((size - height) / 2);
  const pixels = new Uint8Array(size * size * channels);
  for (let row = 0; row < height; row++) {
    const source = image.pixels.subarray(row * width * channels, (row + 1) * width * channels);
    pixels.set(source, ((top + row) * size + left) * channels);
  }
  return { width: size, height: size, channels, pixels };
}

/** Grey to RGB by repetition; RGB to grey by the luma of ITU-R BT.601, in integers. */
export function withChannels(image: Image, channels: 1 | 3): Image {
  if (image.channels === channels) return image;
  const count = image.width * image.height;
  const pixels = new Uint8Array(count * channels);
  for (let i = 0; i < count; i++) {
    if (channels === 3) {
      pixels.fill(image.pixels[i] ?? 0, i * 3, i * 3 + 3);
    } else {
      const [red = 0, green = 0, blue = 0] = image.pixels.subarray(i * 3, i * 3 + 3);
      pixels[i] = (299 * red + 587 * green + 114 * blue + 500) / 1000;
    }
  }
  return { ...image, channels, pixels };
}
