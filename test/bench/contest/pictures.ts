import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { keyOf, uniform } from '@atelier/shared/random/keyed-random';

const NUM_RECORDS = 10_000;
const RECORD_BYTES = 3_073;
const BESIDE = join(import.meta.dirname, '../../../../shared/data/cifar-10-batches-bin');

/**
 * A file of 10,000 CIFAR-10 records for both sides: the first training batch of the folder that ATELIER_CIFAR10 names
 * (default: one beside the checkout), else random pixels in the same layout. Nothing measured depends on which.
 */
export async function pictureFile(folder: string): Promise<string> {
  const given = resolve(process.env['ATELIER_CIFAR10'] ?? BESIDE, 'data_batch_1.bin');
  if (existsSync(given)) return given;
  console.error('No CIFAR-10 (set ATELIER_CIFAR10): training on random pixels instead.');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'data_batch_1.bin');
  const pixels = uniform(keyOf('bench', 'pixels'), NUM_RECORDS * RECORD_BYTES);
  await writeFile(
    path,
    Uint8Array.from(pixels, (value, i) => (i % RECORD_BYTES === 0 ? 0 : value * 256)),
  );
  return path;
}
