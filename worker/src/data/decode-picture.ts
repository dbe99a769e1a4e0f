import sharp from 'sharp';
import { DatasetError } from './dataset.ts';
import type { Image } from './image.ts';

/** An image and how opaque each pixel is, 0 to 255. */
export interface Picture {
  readonly image: Image;
  readonly alpha: Uint8Array;
}

/**
 * Decodes any picture that sharp reads to upright RGB; colours of transparent pixels are as they lie in the file.
 * @throws DatasetError 'unreadable' that names the file
 */
export async function decodePicture(path: string): Promise<Picture> {
  try {
    const { data, info } = await sharp(path, { failOn: 'error' })
      .autoOrient()
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return separated(data, info.width, info.height, info.channels);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError(
      'unreadable',
      `${path} cannot be decoded as a picture (${reason}): repair or remove it`,
      {
        cause: error,
      },
    );
  }
}

/** The picture over one colour. */
export function over(picture: Picture, background: readonly [number, number, number]): Image {
  const { image, alpha } = picture;
  const pixels = new Uint8Array(image.pixels.length);
  for (let i = 0; i < alpha.length; i++) {
    const opacity = alpha[i] ?? 0;
    for (let channel = 0; channel < 3; channel++) {
      const at = i * 3 + channel;
      const mixed = opacity * (image.pixels[at] ?? 0) + (255 - opacity) * (background[channel] ?? 0);
      pixels[at] = Math.floor(mixed / 255 + 0.5);
    }
  }
  return { ...image, pixels };
}

/** A grey source stays in one band beside its alpha, whatever colour space was asked for. */
function separated(data: Buffer, width: number, height: number, bands: number): Picture {
  const count = width * height;
  const pixels = new Uint8Array(count * 3);
  const alpha = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels[i * 3 + channel] = data[i * bands + (bands >= 3 ? channel : 0)] ?? 0;
    }
    alpha[i] = data[i * bands + bands - 1] ?? 0;
  }
  return { image: { width, height, channels: 3, pixels }, alpha };
}
