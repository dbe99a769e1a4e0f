import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { ImageShape } from '../model/define-model.ts';
import { type Dataset, DatasetError } from './dataset.ts';
import { decodePicture, over } from './decode-picture.ts';
import type { PreparationProgress } from './emoji.ts';
import { colourSquare, crop, type Image } from './image.ts';
import { cachedPixels } from './pixel-cache.ts';
import { assertIndex, createPixelDataset, fitted, sha256, writeScaled } from './pixel-dataset.ts';
import { fileError } from './read-file.ts';
import { resizeSquare } from './resize.ts';
import type { Square } from './style-crop.ts';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);
/** Below this all examples are decoded when the folder is opened; above, each when it is read. */
export const MAX_BYTES_IN_MEMORY = 512 * 1024 ** 2;
const RECIPE = 1;
const NEUTRAL = [128, 128, 128] as const;
const DECODED_AT_ONCE = 4;

export interface PictureFile {
  /** Relative to the folder, with '/'. */
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface FolderOptions {
  /** Square crops of each picture, at fixed places. */
  readonly crops: number;
  readonly cacheFolder: string;
  readonly maxBytesInMemory?: number;
  readonly onProgress?: PreparationProgress | undefined;
}

/**
 * All pictures of a folder and its subfolders, in the order of their names. Upright by their EXIF orientation,
 * transparent parts over neutral grey.
 */
export async function openFolder(path: string, shape: ImageShape, options: FolderOptions): Promise<Dataset> {
  const files = await picturesIn(path);
  const { crops, maxBytesInMemory = MAX_BYTES_IN_MEMORY } = options;
  const numBytes = files.length * crops * shape.size * shape.size * 3;
  return numBytes <= maxBytesInMemory
    ? openInMemory(path, files, shape, options)
    : openLazily(path, files, shape, crops, maxBytesInMemory);
}

async function openInMemory(
  path: string,
  files: readonly PictureFile[],
  shape: ImageShape,
  options: FolderOptions,
): Promise<Dataset> {
  const { size } = shape;
  const { crops, cacheFolder, onProgress } = options;
  const list = files.map(({ name, sizeBytes, modifiedMs }) => `${name}\0${sizeBytes}\0${modifiedMs}\n`);
  const key = `folder-${sha256(`${RECIPE} ${path} ${crops} ${size}\n`, ...list).slice(0, 32)}`;
  const stride = size * size * 3;
  const { pixels, digest } = await cachedPixels(cacheFolder, key, async () => {
    const all = new Uint8Array(files.length * crops * stride);
    for (let first = 0; first < files.length; first += DECODED_AT_ONCE) {
      await Promise.all(
        files.slice(first, first + DECODED_AT_ONCE).map(async (file, i) => {
          const images = await cropsOf(file, crops, size);
          images.forEach((image, k) => {
            all.set(image.pixels, ((first + i) * crops + k) * stride);
          });
        }),
      );
      onProgress?.(Math.min(files.length, first + DECODED_AT_ONCE), files.length);
    }
    return all;
  });
  return createPixelDataset(
    {
      name: `folder ${path}`,
      numExamples: files.length * crops,
      contentDigest: digest,
      imageAt: (index) => colourSquare(pixels, size, index),
    },
    shape,
  );
}

/** Decodes on reading and keeps the examples read last. Its digest is of names and sizes: contents would take hours. */
function openLazily(
  path: string,
  files: readonly PictureFile[],
  shape: ImageShape,
  crops: number,
  maxBytes: number,
): Dataset {
  const { size, channels } = shape;
  const stride = size * size * channels;
  const maxPictures = Math.max(1, Math.floor(maxBytes / (stride * crops)));
  const kept = new Map<number, Promise<Image[]>>();
  const imagesOf = (place: number, file: PictureFile): Promise<Image[]> => {
    const images = kept.get(place) ?? unchanged(file).then(() => cropsOf(file, crops, size));
    kept.delete(place);
    kept.set(place, images);
    images.catch(() => kept.delete(place));
    const [oldest] = kept.keys();
    if (kept.size > maxPictures && oldest !== undefined) kept.delete(oldest);
    return images;
  };
  const dataset = { name: `folder ${path}`, numExamples: files.length * crops };
  return {
    ...dataset,
    shape,
    digest: sha256(
      `folder ${RECIPE} ${crops} ${size} ${channels}\n`,
      ...files.map(({ name, sizeBytes }) => `${name}\0${sizeBytes}\n`),
    ),
    async read(indices, signal) {
      const values = new Float32Array(indices.length * stride);
      await Promise.all(
        indices.map(async (index, i) => {
          assertIndex(index, dataset);
          signal?.throwIfAborted();
          const place = Math.floor(index / crops);
          const file = files[place];
          const image = file && (await imagesOf(place, file))[index % crops];
          if (image !== undefined) writeScaled(fitted(image, shape).pixels, values, i * stride);
        }),
      );
      return values;
    },
    async close() {
      kept.clear();
    },
  };
}

/** Sorted by name. @throws DatasetError when there are none */
export async function picturesIn(folder: string): Promise<PictureFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw fileError(folder, error);
  });
  const paths = entries
    .filter((entry) => !entry.isDirectory() && EXTENSIONS.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name));
  if (paths.length === 0) {
    throw new DatasetError(
      'empty',
      `${folder} holds no pictures (${[...EXTENSIONS].join(' ')}), nor do its subfolders`,
    );
  }
  const files = await Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(path).catch((error: unknown) => {
        throw fileError(path, error);
      });
      return {
        name: relative(folder, path).split(sep).join('/'),
        path,
        sizeBytes: size,
        modifiedMs: mtimeMs,
      };
    }),
  );
  // By code units, not by the user's language: the order is part of the data's identity.
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function unchanged(file: PictureFile): Promise<void> {
  const { size } = await stat(file.path).catch((error: unknown) => {
    throw fileError(file.path, error);
  });
  if (size !== file.sizeBytes) {
    throw new DatasetError(
      'unreadable',
      `${file.path} has changed since the run began: ${file.sizeBytes} bytes then, ${size} now`,
    );
  }
}

/** The first is the middle square. */
export async function cropsOf(
  file: Pick<PictureFile, 'path'>,
  crops: number,
  size: number,
): Promise<Image[]> {
  const image = over(await decodePicture(file.path), NEUTRAL);
  return cropPlaces(image.width, image.height, crops).map((square) =>
    resizeSquare(crop(image, square.left, square.top, square.size), size),
  );
}

/**
 * The middle square, then squares of two thirds of it spread evenly by the golden section of the plane.
 * Source: M. Roberts, "The unreasonable effectiveness of quasirandom sequences" (R2).
 */
export function cropPlaces(width: number, height: number, count: number): Square[] {
  const whole = Math.min(width, height);
  const part = Math.max(1, Math.floor((whole * 2) / 3));
  return Array.from({ length: count }, (_, i) => {
    const size = i === 0 ? whole : part;
    const across = i === 0 ? 0.5 : (0.5 + i * 0.7548776662466927) % 1;
    const down = i === 0 ? 0.5 : (0.5 + i * 0.5698402909980532) % 1;
    return { left: Math.floor((width - size) * across), top: Math.floor((height - size) * down), size };
  });
}
