import { datasetKind, path, split } from './dataset-kind.ts';

export const cifar10 = datasetKind({
  name: 'cifar10',
  summary: 'CIFAR-10 in its binary version: *.bin files with records of 3,073 bytes.',
  fields: { path: path.describe('A .bin file, or a folder of .bin files.'), split },
  spelling: 'cifar10:PATH',
  paths: ['path'],
});
