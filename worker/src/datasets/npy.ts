import { basename } from 'node:path';
import { DatasetError } from '../data/dataset.ts';
import { inMemoryReader } from '../data/dataset-reader.ts';
import { type ImageSource, sha256 } from '../data/pixel-dataset.ts';
import { readDataFile } from '../data/read-file.ts';

export const npy = inMemoryReader<'npy'>(({ images, labels }) => readNpyImages(images, labels));

/** The values of a .npy file as they lie in it: in C order, little-endian. */
interface NpyArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Buffer;
}

type Dtype = keyof typeof BYTES_OF;

/** By NumPy's name of the type. */
const BYTES_OF = { '|u1': 1, '<i4': 4, '<i8': 8 } as const;
const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const MOST_CLASSES = 256;

async function readNpyImages(imagesPath: string, labelsPath: string | undefined): Promise<ImageSource> {
  const { shape, bytes } = await readNpy(imagesPath, ['|u1']);
  const [numExamples = 0, height = 0, width = 0, channels = 1] = shape;
  const isOfImages = (shape.length === 3 || shape.length === 4) && (channels === 1 || channels === 3);
  if (!isOfImages) {
    throw wrong(
      imagesPath,
      `has shape ${inPython(shape)}; (N, H, W), (N, H, W, 1) or (N, H, W, 3) is wanted`,
    );
  }
  if (numExamples === 0) throw new DatasetError('empty', `${imagesPath} contains no images: check the path`);
  if (height !== width || width === 0)
    throw wrong(imagesPath, `holds images of ${height} x ${width} pixels; square ones are wanted`);
  const labels = labelsPath === undefined ? undefined : await readLabels(labelsPath, numExamples);
  const stride = height * width * channels;
  return {
    name: `npy ${basename(imagesPath)}`,
    numExamples,
    contentDigest: sha256('npy ', shape.join(), ' ', bytes),
    labels,
    imageAt: (index) => ({
      width,
      height,
      channels,
      pixels: bytes.subarray(index * stride, (index + 1) * stride),
    }),
  };
}

async function readLabels(path: string, numExamples: number): Promise<Uint8Array> {
  const { dtype, shape, bytes } = await readNpy(path, ['|u1', '<i4', '<i8']);
  const number = shape.reduce((product, dimension) => product * dimension, 1);
  if (shape[0] !== numExamples || number !== numExamples)
    throw wrong(path, `has shape ${inPython(shape)}; one label for each of ${numExamples} images is wanted`);
  return Uint8Array.from({ length: numExamples }, (_, i) => {
    const label = valueAt(dtype, bytes, i);
    if (label < 0 || label >= MOST_CLASSES)
      throw wrong(path, `has label ${label} at place ${i}; classes from 0 to ${MOST_CLASSES - 1} are wanted`);
    return label;
  });
}

function valueAt(dtype: Dtype, bytes: Buffer, place: number): number {
  switch (dtype) {
    case '|u1':
      return bytes.readUInt8(place);
    case '<i4':
      return bytes.readInt32LE(4 * place);
    case '<i8':
      return Number(bytes.readBigInt64LE(8 * place));
  }
}

/**
 * Reads a .npy file of one of these types.
 * Source of the format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @throws DatasetError that names the file, what it has and what was wanted
 */
async function readNpy(path: string, wanted: readonly Dtype[]): Promise<NpyArray> {
  const file = await readDataFile(path);
  if (!file.subarray(0, MAGIC.length).equals(MAGIC))
    throw wrong(path, `does not begin as a .npy file does: save the array with numpy.save`);
  // Version 1 has a length of 2 bytes, later ones of 4.
  const lengthBytes = file[MAGIC.length] === 1 ? 2 : 4;
  const headerStart = MAGIC.length + 2 + lengthBytes;
  if (file.length < headerStart) throw truncated(path, `has ${file.length} bytes: its header is cut`);
  const headerEnd = headerStart + file.readUIntLE(MAGIC.length + 2, lengthBytes);
  if (file.length < headerEnd) throw truncated(path, `has ${file.length} bytes: its header is cut`);
  const header = file.toString('latin1', headerStart, headerEnd);
  const dtype = wanted.find((name) => name === /'descr': '([^']*)'/.exec(header)?.[1]);
  if (dtype === undefined)
    throw wrong(path, `has the header ${header.trim()}; 'descr' is wanted as ${wanted.join(' or ')}`);
  if (!/'fortran_order': False/.test(header))
    throw wrong(path, 'is in Fortran order: save numpy.ascontiguousarray(array)');
  const shape = shapeOf(header);
  if (shape === undefined) throw wrong(path, `has the header ${header.trim()}, which has no shape`);
  const bytes = file.subarray(headerEnd);
  const wantedBytes = shape.reduce((product, dimension) => product * dimension, BYTES_OF[dtype]);
  if (bytes.length !== wantedBytes) {
    const what = `has ${bytes.length} bytes of values; its header ${inPython(shape)} wants ${wantedBytes}`;
    throw bytes.length < wantedBytes ? truncated(path, what) : wrong(path, what);
  }
  return { dtype, shape, bytes };
}

/** Out of "'shape': (60000, 28, 28), ". */
function shapeOf(header: string): number[] | undefined {
  const inside = /'shape': \(([\d, ]*)\)/.exec(header)?.[1];
  return inside
    ?.split(',')
    .filter((text) => text.trim() !== '')
    .map(Number);
}

function inPython(shape: readonly number[]): string {
  return `(${shape.join(', ')})`;
}

function wrong(path: string, what: string): DatasetError {
  return new DatasetError('wrong-format', `${path} ${what}`);
}

function truncated(path: string, what: string): DatasetError {
  return new DatasetError('truncated', `${path} ${what}: fetch the file again`);
}
