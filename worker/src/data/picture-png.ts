import sharp from 'sharp';
import { DatasetError } from './dataset.ts';
import type { Image } from './image.ts';

/** Where a PNG's header says how its colours are kept; 0 is grey. */
const COLOUR_TYPE_AT = 25;
const GREY = 0;
/** Packed once, read often. */
const ENCODING = { compressionLevel: 9, palette: false } as const;

/** Lossless: `decodePng` gives back every byte. The same pixels give the same file, by one version of sharp. */
export async function encodePng({ width, height, channels, pixels }: Image): Promise<Uint8Array> {
  return sharp(pixels, { raw: { width, height, channels } })
    .toColourspace(colourSpaceOf(channels))
    .png(ENCODING)
    .toBuffer();
}

/**
 * The image that `encodePng` was given.
 * @param name for messages
 * @throws DatasetError 'unreadable'
 */
export async function decodePng(png: Uint8Array, name: string): Promise<Image> {
  const channels = png[COLOUR_TYPE_AT] === GREY ? 1 : 3;
  try {
    const { data, info } = await sharp(png, { failOn: 'error' })
      .toColourspace(colourSpaceOf(channels))
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== channels) throw new Error(`it has ${info.channels} channels`);
    return { width: info.width, height: info.height, channels, pixels: data };
  } catch (cause) {
    throw new DatasetError('unreadable', `${name} cannot be decoded: ${String(cause)}`, { cause });
  }
}

function colourSpaceOf(channels: 1 | 3): 'b-w' | 'srgb' {
  return channels === 1 ? 'b-w' : 'srgb';
}
