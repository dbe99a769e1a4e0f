import sharp from 'sharp';
import { decodePicture, over } from '../data/decode-picture.ts';
import { withChannels } from '../data/image.ts';
import { NEUTRAL } from '../datasets/folder.ts';
import type { Tile } from './grid.ts';

export interface ContentPictureOptions {
  /** Pixels that the picture's shorter side becomes. */
  readonly shorterSide: number;
  /** Both sides become multiples of it. */
  readonly step: number;
  readonly channels: 1 | 3;
}

/** A whole picture, its proportions kept (to the next step). @throws DatasetError that names the file */
export async function readContentPicture(path: string, options: ContentPictureOptions): Promise<Tile> {
  const { shorterSide, step, channels } = options;
  const image = over(await decodePicture(path), NEUTRAL);
  const scale = shorterSide / Math.min(image.width, image.height);
  const [width, height] = [image.width, image.height].map((side) =>
    Math.max(step, Math.round((side * scale) / step) * step),
  ) as [number, number];
  const { pixels, ...raw } = image;
  const resized = await sharp(pixels, { raw }).resize(width, height, { fit: 'fill' }).raw().toBuffer();
  const fitting = withChannels({ width, height, channels: 3, pixels: resized }, channels);
  return {
    height,
    width,
    channels,
    pixels: Float32Array.from(fitting.pixels, (value) => value / 127.5 - 1),
  };
}
