import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { cachedBytes } from '../data/byte-cache.ts';
import { DatasetError, type PreparationProgress, type Split } from '../data/dataset.ts';
import { inMemoryReader } from '../data/dataset-reader.ts';
import { decodePicture, over, type Picture } from '../data/decode-picture.ts';
import { colourSquare, crop, type Image } from '../data/image.ts';
import { type ImageSource, sha256 } from '../data/pixel-dataset.ts';
import { resizeSquare } from '../data/resize.ts';
import { chooseStyleSquares, type StyleSquare } from '../data/style-crop.ts';
import { packageFolder } from './mnist.ts';

const PACKAGE = '@lobehub/fluent-emoji-3d';
/** Bump when the choice of crops changes: it is part of the cache key. */
const RECIPE = 2;
const CROPS = 2;
const COLOUR_ORDERS = [
  [0, 1, 2],
  [1, 2, 0],
  [2, 0, 1],
] as const;
/** Crops are kept so large and resized when they are read; only a model of larger images needs larger ones. */
const KEPT_SIZE = 64;
const LARGE_SIZE = 128;
/** One picture family of so many is for testing. */
const TEST_EVERY = 10;
const MIN_COLOURFULNESS = 24;
const MIN_OPACITY = 0.9;
const MAX_WHITENESS = 0.12;
const DECODED_AT_ONCE = 4;

export const emoji = inMemoryReader<'emoji'>(({ split }, size, { cacheFolder, onProgress }) =>
  readEmoji(split, size, cacheFolder, onProgress),
);

/**
 * The default style set: squares cut inside Microsoft's Fluent emoji (MIT), where there are colours and shading and
 * no outline. Grey pictures and white lettering are skipped, and so are variants of one picture; whole families of
 * pictures go to either split, so that no test style has a near twin in training. Each square comes in three orders of
 * its colour channels: emoji are mostly yellow, and so the styles are of every colour.
 * @param wantedSize of the images; they are given at one that is enough for it
 * @param onProgress told while the pictures are decoded, the first time only
 */
async function readEmoji(
  split: Split,
  wantedSize: number,
  cacheFolder: string,
  onProgress?: PreparationProgress,
): Promise<ImageSource> {
  const folder = packageFolder(PACKAGE);
  const size = wantedSize <= KEPT_SIZE ? KEPT_SIZE : LARGE_SIZE;
  const version = await packageVersion(folder);
  const key = `emoji-${version}-${RECIPE}-${split}-${size}`;
  const { bytes: pixels, digest } = await cachedBytes(cacheFolder, `${key}.pixels`, () =>
    prepare(join(folder, 'assets'), split, size, onProgress),
  );
  const stride = size * size * 3;
  return {
    name: `emoji (${split})`,
    numExamples: (pixels.length / stride) * COLOUR_ORDERS.length,
    contentDigest: sha256(digest, ` recipe ${RECIPE}`),
    imageAt: (index) => {
      const square = Math.floor(index / COLOUR_ORDERS.length);
      return recoloured(
        colourSquare(pixels, size, square),
        COLOUR_ORDERS[index % COLOUR_ORDERS.length] ?? COLOUR_ORDERS[0],
      );
    },
  };
}

async function prepare(
  folder: string,
  split: Split,
  size: number,
  onProgress?: PreparationProgress,
): Promise<Uint8Array> {
  const files = (await readdir(folder))
    .sort()
    .filter((file) => extname(file) === '.webp' && splitOf(file) === split);
  if (files.length === 0)
    throw new DatasetError('empty', `${folder} contains no pictures: run npm run setup`);
  const crops: Uint8Array[] = [];
  for (let first = 0; first < files.length; first += DECODED_AT_ONCE) {
    const pictures = await Promise.all(
      files.slice(first, first + DECODED_AT_ONCE).map((file) => decodePicture(join(folder, file))),
    );
    for (const picture of pictures) crops.push(...styleCrops(picture, size).map(({ pixels }) => pixels));
    onProgress?.(Math.min(files.length, first + DECODED_AT_ONCE), files.length);
  }
  return Buffer.concat(crops);
}

function styleCrops(picture: Picture, size: number): Image[] {
  const image = over(picture, meanColourOf(picture));
  return chooseStyleSquares(picture, CROPS)
    .filter(isStriking)
    .map(({ left, top, size: cropSize }) => resizeSquare(crop(image, left, top, cropSize), size));
}

function isStriking({ opacity, colourfulness, whiteness }: StyleSquare): boolean {
  return opacity >= MIN_OPACITY && colourfulness >= MIN_COLOURFULNESS && whiteness <= MAX_WHITENESS;
}

/** Files are named by code points: 1f468-1f3fd-200d-2696-fe0f.webp. The first one is the family. */
function splitOf(file: string): Split | undefined {
  const codePoints = basename(file, '.webp')
    .split('-')
    .map((point) => Number.parseInt(point, 16));
  if (codePoints.some(isVariant)) return undefined;
  const family = Number.parseInt(sha256(String(codePoints[0])).slice(0, 8), 16);
  return family % TEST_EVERY === 0 ? 'test' : 'train';
}

/** A skin tone, or the joiner of combinations: of the many pictures of people one of each kind is enough. */
function isVariant(codePoint: number): boolean {
  return (codePoint >= 0x1f3fb && codePoint <= 0x1f3ff) || codePoint === 0x200d;
}

function recoloured(image: Image, order: readonly [number, number, number]): Image {
  const pixels = new Uint8Array(image.pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = image.pixels[i - (i % 3) + (order[i % 3] ?? 0)] ?? 0;
  }
  return { ...image, pixels };
}

function meanColourOf({ image, alpha }: Picture): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  let mass = 0;
  alpha.forEach((opacity, i) => {
    mass += opacity;
    for (const channel of [0, 1, 2] as const) sums[channel] += opacity * (image.pixels[i * 3 + channel] ?? 0);
  });
  const mean = (sum: number): number => Math.floor(sum / Math.max(mass, 1) + 0.5);
  return [mean(sums[0]), mean(sums[1]), mean(sums[2])];
}

async function packageVersion(folder: string): Promise<string> {
  const schema = z.object({ version: z.string() });
  return schema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).version;
}
