import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './open-dataset.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npy-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** As numpy.save writes it. */
function npyFile(
  descr: string,
  shape: string,
  values: Uint8Array,
  { version = 1, order = 'False' } = {},
): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const length = version === 1 ? Buffer.alloc(2) : Buffer.alloc(4);
  const header = text.padEnd(117, ' ').concat('\n');
  length.writeUIntLE(header.length, 0, length.length);
  const magic = Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.of(version, 0)]);
  return Buffer.concat([magic, length, Buffer.from(header, 'latin1'), values]);
}

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const pixels = Uint8Array.from({ length: 2 * 2 * 2 * 3 }, (_, i) => i * 10);
const colours = npyFile('|u1', '(2, 2, 2, 3)', pixels);
const int64 = Buffer.alloc(16);
int64.writeBigInt64LE(7n, 0);
int64.writeBigInt64LE(200n, 8);

describe('npy data', () => {
  it('reads colour images and int64 labels, scaled to [-1, 1]', async () => {
    const labels = await file('labels.npy', npyFile('<i8', '(2,)', int64));
    const images = await file('colours.npy', colours);
    const dataset = await openDataset({ kind: 'npy', images, labels }, { size: 2, channels: 3 });
    expect(dataset.numExamples).toBe(2);
    expect([...(dataset.labels ?? [])]).toEqual([7, 200]);
    expect([...(await dataset.read([1]))]).toEqual(
      [...pixels.subarray(12)].map((value) => Math.fround(value / 127.5 - 1)),
    );
  });

  it('reads grey images with and without a dimension for channels, of either header version', async () => {
    const grey = pixels.subarray(0, 8);
    const flat = await file('flat.npy', npyFile('|u1', '(2, 2, 2)', grey));
    const deep = await file('deep.npy', npyFile('|u1', '(2, 2, 2, 1)', grey, { version: 2 }));
    const shape = { size: 2, channels: 1 } as const;
    const [a, b] = [
      await openDataset({ kind: 'npy', images: flat }, shape),
      await openDataset({ kind: 'npy', images: deep }, shape),
    ];
    expect(await a.read([0, 1])).toEqual(await b.read([0, 1]));
    expect(a.labels).toBeUndefined();
  });

  it.each([
    ['another file', Buffer.from('<html>404</html>'), 'wrong-format', 'does not begin as a .npy file'],
    ['a cut header', colours.subarray(0, 40), 'truncated', 'has 40 bytes: its header is cut'],
    ['a header without a length', colours.subarray(0, 8), 'truncated', 'has 8 bytes'],
    [
      'cut values',
      colours.subarray(0, -1),
      'truncated',
      'has 23 bytes of values; its header (2, 2, 2, 3) wants 24',
    ],
    ['values over', Buffer.concat([colours, Buffer.alloc(1)]), 'wrong-format', 'has 25 bytes of values'],
    ['floats', npyFile('<f4', '(1, 2, 2)', new Uint8Array(16)), 'wrong-format', "'descr' is wanted as |u1"],
    [
      'Fortran order',
      npyFile('|u1', '(1, 2, 2)', new Uint8Array(4), { order: 'True' }),
      'wrong-format',
      'ascontiguousarray',
    ],
    [
      'two channels',
      npyFile('|u1', '(1, 2, 2, 2)', new Uint8Array(8)),
      'wrong-format',
      'has shape (1, 2, 2, 2)',
    ],
    ['no images', npyFile('|u1', '(0, 2, 2)', new Uint8Array(0)), 'empty', 'contains no images'],
  ])('refuses %s by the name of the file', async (name, bytes, code, message) => {
    const images = await file(name, bytes);
    const opening = openDataset({ kind: 'npy', images }, { size: 2, channels: 1 });
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    await expect(opening).rejects.toThrow(images);
  });

  it.each([
    [
      'labels of another number',
      npyFile('|u1', '(3,)', Uint8Array.of(1, 2, 3)),
      'one label for each of 2 images',
    ],
    [
      'a negative label',
      npyFile('<i4', '(2,)', Buffer.from(Int32Array.of(0, -1).buffer)),
      'has label -1 at place 1',
    ],
  ])('refuses %s', async (name, bytes, message) => {
    const images = await file('two.npy', colours);
    const labels = await file(name, bytes);
    await expect(openDataset({ kind: 'npy', images, labels }, { size: 2, channels: 1 })).rejects.toThrow(
      message,
    );
  });
});
