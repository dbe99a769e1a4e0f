import { describe, expect, it } from 'vitest';
import { type AssignedBlock, BlockQueue } from './block-queue.ts';

const leaf = (index: number) => ({ level: 0, index });
const versions = [{ group: 'generator', version: 1 }];

function takeAll(queue: BlockQueue): AssignedBlock[] {
  const taken: AssignedBlock[] = [];
  for (let block = queue.take(); block !== undefined; block = queue.take()) taken.push(block);
  return taken;
}

describe('a queue of blocks', () => {
  it('adds to the step that it is at', () => {
    const queue = new BlockQueue();
    queue.assign(1, [leaf(0)], versions);
    queue.assign(1, [leaf(0), leaf(1)], versions);
    expect(takeAll(queue).map(({ node }) => node)).toEqual([leaf(0), leaf(1)]);
  });

  it('takes a block again that was begun before: it may have failed', () => {
    const queue = new BlockQueue();
    queue.assign(1, [leaf(0)], versions);
    takeAll(queue);
    queue.assign(1, [leaf(0)], versions);
    expect(takeAll(queue)).toHaveLength(1);
  });

  it.each([
    ['later', 2],
    ['earlier, after a rollback', 0],
  ])('lets a %s step end what was begun and drop what was not', (_, step) => {
    const queue = new BlockQueue();
    queue.assign(1, [leaf(0), leaf(1)], versions);
    const begun = queue.take();
    queue.assign(step, [leaf(2)], versions);
    expect(begun?.signal.aborted).toBe(true);
    expect(takeAll(queue)).toMatchObject([{ step, node: leaf(2), signal: { aborted: false } }]);
  });

  it('drops revoked blocks that were not begun, and leaves the one that was alone', () => {
    const queue = new BlockQueue();
    queue.assign(1, [leaf(0), leaf(1), leaf(2)], versions);
    const begun = queue.take();
    queue.revoke(1, [leaf(0), leaf(1)]);
    queue.revoke(0, [leaf(2)]);
    expect(begun?.signal.aborted).toBe(false);
    expect(takeAll(queue).map(({ node }) => node)).toEqual([leaf(2)]);
  });
});
