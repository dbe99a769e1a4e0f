import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { cachedBytes } from '../data/byte-cache.ts';
import { type Dataset, DatasetError, type PreparationProgress } from '../data/dataset.ts';
import type { DatasetReader } from '../data/dataset-reader.ts';
import { decodePicture, over } from '../data/decode-picture.ts';
import { colourSquare, type Image } from '../data/image.ts';
import { createLazyDataset, MAX_BYTES_IN_MEMORY } from '../data/lazy-dataset.ts';
import { type PictureSource, squaresOf } from '../data/picture-source.ts';
import { createPixelDataset, sha256 } from '../data/pixel-dataset.ts';
import { fileError } from '../data/read-file.ts';
import type { ImageShape } from '../model/define-model.ts';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);
const RECIPE = 1;
/** What transparent parts are shown over. */
export const NEUTRAL = [128, 128, 128] as const;
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
  /** Below this all examples are decoded when the folder is opened; above, each when it is read. */
  readonly maxBytesInMemory?: number;
  readonly onProgress?: PreparationProgress | undefined;
}

export const folder: DatasetReader<'folder'> = {
  open: ({ path, crops }, shape, { cacheFolder, onProgress }) =>
    openFolder(path, shape, { crops, cacheFolder, onProgress }),
  pictures: async ({ path }) => picturesAt(path, await picturesIn(path)),
};

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
  const { bytes: pixels, digest } = await cachedBytes(cacheFolder, `${key}.pixels`, async () => {
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

/** Decodes on reading. Its digest is of names and sizes: contents would take hours. */
function openLazily(
  path: string,
  files: readonly PictureFile[],
  shape: ImageShape,
  crops: number,
  maxBytesInMemory: number,
): Dataset {
  const digest = sha256(
    `folder ${RECIPE} ${crops} ${shape.size} ${shape.channels}\n`,
    ...namesAndSizes(files),
  );
  return createLazyDataset({ ...picturesAt(path, files), name: `folder ${path}` }, shape, {
    crops,
    maxBytesInMemory,
    digest,
  });
}

/** The pictures themselves, whole, whatever their sizes. */
function picturesAt(path: string, files: readonly PictureFile[]): PictureSource {
  return {
    name: `folder ${basename(path)}`,
    numPictures: files.length,
    contentDigest: sha256(`folder ${RECIPE}\n`, ...namesAndSizes(files)),
    async pictureAt(place) {
      const file = files[place];
      if (file === undefined) throw new RangeError(`${path} has no picture ${place}`);
      await expectUnchanged(file);
      return uprightOverGrey(file.path);
    },
  };
}

function namesAndSizes(files: readonly PictureFile[]): string[] {
  return files.map(({ name, sizeBytes }) => `${name}\0${sizeBytes}\n`);
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
      `${folder} and its subfolders contain no pictures (${[...EXTENSIONS].join(' ')}): check the path`,
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

async function expectUnchanged(file: PictureFile): Promise<void> {
  const { size } = await stat(file.path).catch((error: unknown) => {
    throw fileError(file.path, error);
  });
  if (size !== file.sizeBytes) {
    throw new DatasetError(
      'unreadable',
      `${file.path} has changed since the run started, from ${file.sizeBytes} to ${size} bytes: restore the file, or start a new run`,
    );
  }
}

/** Squares of a picture file; the first is the middle one. */
export async function cropsOf(
  file: Pick<PictureFile, 'path'>,
  crops: number,
  size: number,
): Promise<Image[]> {
  return squaresOf(await uprightOverGrey(file.path), crops, size);
}

async function uprightOverGrey(path: string): Promise<Image> {
  return over(await decodePicture(path), NEUTRAL);
}
