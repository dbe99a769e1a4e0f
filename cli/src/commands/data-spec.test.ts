import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATA_SPECS, datasetOf } from './data-spec.ts';

describe('a data set on the command line', () => {
  it.each([
    ['mnist', { kind: 'mnist', split: 'test' }],
    ['folder:a,b', { kind: 'folder', path: resolve('a,b'), crops: 1 }],
    ['cifar10:a:b', { kind: 'cifar10', path: resolve('a:b'), split: 'test' }],
    ['idx:a', { kind: 'idx', images: resolve('a') }],
    ['npy:a,b', { kind: 'npy', images: resolve('a'), labels: resolve('b') }],
    ['shards:s3://bucket/a', { kind: 'shards', path: 's3://bucket/a', crops: 1 }],
  ])('%s is what a config would name', (spec, config) => {
    expect(datasetOf(spec, 'test')).toEqual(config);
  });

  it.each(['imagenet', 'cifar10', 'idx:', 'idx:a,', 'idx:a,b,c', 'mnist:a', ''])('%s is refused', (spec) => {
    expect(() => datasetOf(spec, 'train')).toThrow(`'${spec}' is not a data set: give one of ${DATA_SPECS}`);
  });
});
