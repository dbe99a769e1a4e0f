import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DatasetError } from '../data/dataset.ts';
import { inMemoryReader } from '../data/dataset-reader.ts';
import { type ImageSource, sha256 } from '../data/pixel-dataset.ts';
import { readDataFile } from '../data/read-file.ts';

/**
 * An IDX file of unsigned bytes (http://yann.lecun.com/exdb/mnist/): two zero bytes, type 0x08, number of dimensions,
 * each dimension as a big-endian 32-bit number, then the values.
 */
export interface IdxArray {
  readonly dimensions: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
/** More than any data set that is held in memory; a gzip bomb stops here. */
const MAX_BYTES = 4 * 1024 ** 3;

/**
 * Reads an IDX file, gzipped or not, with exactly so many dimensions.
 * @throws DatasetError that names the file, what it has and what was wanted
 */
export async function readIdx(path: string, numDimensions: number): Promise<IdxArray> {
  const bytes = inflated(path, await readDataFile(path));
  const headerBytes = 4 + 4 * numDimensions;
  if (bytes.length < headerBytes) {
    throw new DatasetError(
      'truncated',
      `${path} has ${bytes.length} bytes; the header of an IDX file of ${numDimensions} dimensions alone has ${headerBytes}`,
    );
  }
  const wanted = (UNSIGNED_BYTE << 8) | numDimensions;
  const magic = bytes.readUInt32BE(0);
  if (magic !== wanted) {
    throw new DatasetError(
      'wrong-format',
      `${path} begins with ${hex(magic)}; an IDX file of unsigned bytes in ${numDimensions} dimension${numDimensions === 1 ? '' : 's'} begins with ${hex(wanted)}`,
    );
  }
  const dimensions = Array.from({ length: numDimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const numValues = dimensions.reduce((product, dimension) => product * dimension, 1);
  const found = bytes.length - headerBytes;
  if (found !== numValues) {
    const what = `${path} has ${found} bytes of values; its header (${dimensions.join(' x ')}) wants ${numValues}`;
    throw found < numValues
      ? new DatasetError('truncated', `${what}: download the file again`)
      : new DatasetError('wrong-format', what);
  }
  return { dimensions, values: bytes.subarray(headerBytes) };
}

export const idx = inMemoryReader<'idx'>(({ images, labels }) =>
  readIdxImages(`idx ${basename(images)}`, images, labels),
);

/** Images and labels as they lie in their files. */
export async function readIdxImages(
  name: string,
  imagesPath: string,
  labelsPath: string | undefined,
): Promise<ImageSource> {
  const images = await readIdx(imagesPath, 3);
  const [numExamples = 0, height = 0, width = 0] = images.dimensions;
  if (numExamples === 0) throw new DatasetError('empty', `${imagesPath} contains no images: check the path`);
  if (height !== width || width === 0) {
    throw new DatasetError(
      'wrong-format',
      `${imagesPath} has images of ${height} x ${width} pixels: give square images`,
    );
  }
  const labels = labelsPath === undefined ? undefined : await readIdx(labelsPath, 1);
  if (labels !== undefined && labels.values.length !== numExamples) {
    throw new DatasetError(
      'wrong-format',
      `${labelsPath} has ${labels.values.length} labels; ${imagesPath} has ${numExamples} images`,
    );
  }
  const numPixels = width * width;
  return {
    name,
    numExamples,
    contentDigest: sha256('idx', String(width), images.values),
    labels: labels?.values,
    imageAt: (index) => ({
      width,
      height,
      channels: 1,
      pixels: images.values.subarray(index * numPixels, (index + 1) * numPixels),
    }),
  };
}

function inflated(path: string, bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError(
      'truncated',
      `${path} is not a complete gzip file (${reason}): download it again`,
      {
        cause: error,
      },
    );
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
