import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DatasetError, type Split } from '../data/dataset.ts';
import { inMemoryReader } from '../data/dataset-reader.ts';
import type { Image } from '../data/image.ts';
import { type ImageSource, sha256 } from '../data/pixel-dataset.ts';
import { fileError, readDataFile } from '../data/read-file.ts';

const SIZE = 32;
const PLANE = SIZE * SIZE;
const RECORD = 1 + 3 * PLANE;
const NUM_CLASSES = 10;

const FILE_OF_SPLIT = { train: /^data_batch_.*\.bin$/, test: /^test_batch.*\.bin$/ } as const;

export const cifar10 = inMemoryReader<'cifar10'>(({ path, split }) => readCifar10(path, split));

/**
 * CIFAR-10 in its official binary layout (https://www.cs.toronto.edu/~kriz/cifar.html): records of a label byte and
 * three planes of 1,024 bytes, red, green, blue.
 * @param path a .bin file, or the folder that holds data_batch_*.bin and test_batch.bin
 */
async function readCifar10(path: string, split: Split): Promise<ImageSource> {
  const files = await filesOf(path, split);
  const batches = await Promise.all(files.map(async (file) => checked(file, await readDataFile(file))));
  const records = Buffer.concat(batches);
  const numExamples = records.length / RECORD;
  return {
    name: `cifar10 ${basename(path)} (${split})`,
    numExamples,
    contentDigest: sha256('cifar10', records),
    labels: Uint8Array.from({ length: numExamples }, (_, i) => records[i * RECORD] ?? 0),
    imageAt: (index) => interleaved(records.subarray(index * RECORD + 1, (index + 1) * RECORD)),
  };
}

async function filesOf(path: string, split: Split): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => FILE_OF_SPLIT[split].test(name)).sort();
  if (names.length === 0) {
    const wanted = split === 'train' ? 'data_batch_*.bin' : 'test_batch.bin';
    throw new DatasetError(
      'empty',
      `${path} contains no ${wanted}, which the ${split} split of CIFAR-10 needs: check the path`,
    );
  }
  return names.map((name) => join(path, name));
}

function checked(file: string, bytes: Buffer): Buffer {
  if (bytes.length === 0)
    throw new DatasetError(
      'empty',
      `${file} is empty, wanted CIFAR-10 records of ${RECORD} bytes: download it again`,
    );
  if (bytes.length % RECORD !== 0) {
    throw new DatasetError(
      'truncated',
      `${file} has ${bytes.length} bytes: ${Math.floor(bytes.length / RECORD)} records of ${RECORD} and ${bytes.length % RECORD} more bytes: download it again`,
    );
  }
  for (let offset = 0; offset < bytes.length; offset += RECORD) {
    const label = bytes[offset] ?? 0;
    if (label >= NUM_CLASSES) {
      throw new DatasetError(
        'wrong-format',
        `${file} has label ${label} in record ${offset / RECORD}; CIFAR-10 has labels 0 to ${NUM_CLASSES - 1}`,
      );
    }
  }
  return bytes;
}

function interleaved(planes: Uint8Array): Image {
  const pixels = new Uint8Array(3 * PLANE);
  for (let i = 0; i < PLANE; i++) {
    pixels[3 * i] = planes[i] ?? 0;
    pixels[3 * i + 1] = planes[PLANE + i] ?? 0;
    pixels[3 * i + 2] = planes[2 * PLANE + i] ?? 0;
  }
  return { width: SIZE, height: SIZE, channels: 3, pixels };
}
