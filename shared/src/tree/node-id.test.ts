import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  alignedNodesOf,
  contains,
  firstVirtualWorkerOf,
  numVirtualWorkersOf,
  overlaps,
  parentOf,
  rootOf,
  siblingOf,
} from './node-id.ts';

test('aligned nodes cover a range exactly, in order, with the fewest nodes a binary tree allows', () => {
  fc.assert(
    fc.property(fc.nat(63), fc.integer({ min: 1, max: 64 }), (first, count) => {
      const nodes = alignedNodesOf(first, count);
      const covered = nodes.flatMap((node) =>
        Array.from({ length: numVirtualWorkersOf(node) }, (_, i) => firstVirtualWorkerOf(node) + i),
      );
      expect(covered).toEqual(Array.from({ length: count }, (_, i) => first + i));
      for (const node of nodes)
        expect(nodes).not.toContainEqual(
          siblingOf(node).index < node.index ? siblingOf(node) : { level: -1, index: 0 },
        );
    }),
  );
});

test('nodes overlap exactly when one lies within the other', () => {
  expect(overlaps({ level: 2, index: 0 }, { level: 0, index: 3 })).toBe(true);
  expect(overlaps({ level: 2, index: 0 }, { level: 0, index: 4 })).toBe(false);
  expect(contains({ level: 0, index: 3 }, { level: 2, index: 0 })).toBe(false);
});

test('siblings share a parent, and the root holds every virtual worker', () => {
  const node = { level: 1, index: 2 };
  expect(parentOf(siblingOf(node))).toEqual(parentOf(node));
  expect(numVirtualWorkersOf(rootOf(8))).toBe(8);
});
