import { describe, expect, it } from 'vitest';
import { BatchSource } from './batch-source.ts';

const VIRTUAL_WORKERS = 4;
const BATCH = 3;
const phases = [
  { name: 'discriminator', group: 'discriminator', reads: ['content', 'style'], losses: ['d'] },
  { name: 'generator', group: 'generator', reads: ['content'], losses: ['g'] },
];

/** Every "image" is its example's number. */
function newSource(onRead: (indices: readonly number[]) => void = () => {}) {
  const read = (indices: readonly number[]) => {
    onRead(indices);
    return Promise.resolve(Float32Array.from(indices));
  };
  const datasets = new Map([
    ['content', { numExamples: 24, read }],
    ['style', { numExamples: 7, read }],
  ]);
  const domains = Array.from(datasets, ([name, { numExamples }]) => ({ name, numExamples, digest: name }));
  const options = { seed: 5, virtualWorkers: VIRTUAL_WORKERS, batchPerVirtualWorker: BATCH };
  return new BatchSource({ ...options, definition: { phases, domains } }, { datasets });
}

describe('a batch source', () => {
  it('reads each example once in an epoch, over steps that read the domain and those that do not', async () => {
    const source = newSource();
    const steps = await Promise.all([0, 1].map((step) => source.take(step, { level: 2, index: 0 })));
    const contents = steps.flatMap(({ content }) => [...(content ?? [])]);
    expect(contents.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect(steps.map((step) => Object.keys(step))).toEqual([['content', 'style'], ['content']]);
  });

  it('gives a virtual worker the same batch in whichever block it comes', async () => {
    const source = newSource();
    const whole = await source.take(2, { level: 2, index: 0 });
    const half = await source.take(2, { level: 1, index: 1 });
    const leaf = await source.take(2, { level: 0, index: 3 });
    expect(half['style']).toEqual(whole['style']?.subarray(2 * BATCH));
    expect(leaf['style']).toEqual(whole['style']?.subarray(3 * BATCH));
  });

  it('reads ahead without changing what is read, and reads nothing twice', async () => {
    let numReads = 0;
    const source = newSource(() => {
      numReads += 1;
    });
    const nodes = [0, 1].map((index) => ({ level: 1, index }));
    source.readAhead(2, nodes);
    const taken = await Promise.all(nodes.map((node) => source.take(2, node)));
    expect(numReads).toBe(4);
    expect(taken).toEqual(await Promise.all(nodes.map((node) => newSource().take(2, node))));
  });
});
