import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './open-dataset.ts';

const SHAPE = { size: 32, channels: 3 } as const;
/** A real copy, where the developer has one. */
const REAL =
  process.env['ATELIER_CIFAR10'] ?? join(import.meta.dirname, '../../../../shared/data/cifar-10-batches-bin');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cifar10-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** One record: the planes are filled with one value each. */
function record(label: number, [red, green, blue]: readonly [number, number, number]): Buffer {
  const plane = (value: number): Buffer => Buffer.alloc(1024, value);
  return Buffer.concat([Buffer.of(label), plane(red), plane(green), plane(blue)]);
}

describe('cifar10', () => {
  it('joins the batches of a split in order and interleaves the colour planes', async () => {
    await writeFile(join(folder, 'data_batch_2.bin'), record(9, [0, 255, 0]));
    await writeFile(join(folder, 'data_batch_1.bin'), record(4, [255, 0, 51]));
    await writeFile(join(folder, 'test_batch.bin'), record(1, [0, 0, 0]));
    const train = await openDataset({ kind: 'cifar10', path: folder, split: 'train' }, SHAPE);
    expect([...(train.labels ?? [])]).toEqual([4, 9]);
    const [first, second] = [await train.read([0]), await train.read([1])];
    expect([...first.subarray(0, 3)]).toEqual([1, -1, Math.fround(51 / 127.5 - 1)]);
    expect([...second.subarray(3069)]).toEqual([-1, 1, -1]);
    expect((await openDataset({ kind: 'cifar10', path: folder, split: 'test' }, SHAPE)).numExamples).toBe(1);
  });

  it('turns colours to grey and to another size when the model wants so', async () => {
    const path = join(folder, 'white.bin');
    await writeFile(path, record(0, [255, 255, 255]));
    const grey = await openDataset({ kind: 'cifar10', path: path, split: 'train' }, { size: 8, channels: 1 });
    expect(await grey.read([0])).toEqual(new Float32Array(64).fill(1));
  });

  it.each([
    ['cut.bin', record(1, [1, 2, 3]).subarray(0, -1), 'truncated', '0 records of 3073 and 3072 more bytes'],
    ['label.bin', record(10, [1, 2, 3]), 'wrong-format', 'has label 10 in record 0'],
    ['empty.bin', Buffer.alloc(0), 'empty', 'is empty'],
  ])('refuses %s by name', async (name, bytes, code, message) => {
    await writeFile(join(folder, name), bytes);
    const opening = openDataset({ kind: 'cifar10', path: join(folder, name), split: 'train' }, SHAPE);
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    await expect(opening).rejects.toThrow(name);
  });

  it('says what a folder without batches lacks', async () => {
    const none = await mkdtemp(join(folder, 'none-'));
    await expect(openDataset({ kind: 'cifar10', path: none, split: 'test' }, SHAPE)).rejects.toThrow(
      'contains no test_batch.bin',
    );
    await expect(
      openDataset({ kind: 'cifar10', path: join(none, 'nowhere'), split: 'test' }, SHAPE),
    ).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it.skipIf(!existsSync(REAL))(
    'opens a real copy (skipped where there is none: set ATELIER_CIFAR10)',
    async () => {
      const real = await openDataset({ kind: 'cifar10', path: REAL, split: 'test' }, SHAPE);
      expect(new Set(real.labels).size).toBe(10);
      const values = await real.read([0, real.numExamples - 1]);
      expect(new Set(values).size).toBeGreaterThan(100);
    },
  );
});
