import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normal } from '../random/keyed-random.ts';
import { firstVirtualWorkerOf, type NodeId, rootOf } from './node-id.ts';
import { type ReductionArithmetic, ReductionTree } from './reduction-tree.ts';

const LENGTH = 5;

function leafOf(virtualWorker: number): Float32Array {
  return normal([virtualWorker, 1], LENGTH);
}

/** The definition, straight: a node is its left half plus its right half. */
function sumAt({ level, index }: NodeId): Float32Array {
  if (level === 0) return leafOf(index);
  const left = sumAt({ level: level - 1, index: 2 * index });
  const right = sumAt({ level: level - 1, index: 2 * index + 1 });
  return left.map((value, i) => value + (right[i] ?? 0));
}

function arithmeticOf(released: Float32Array[] = []): ReductionArithmetic<Float32Array> {
  return {
    add: (left, right) => left.set(left.map((value, i) => value + (right[i] ?? 0))),
    release: (value) => released.push(value),
  };
}

/** Any way to cut the tree below `node` into aligned nodes. */
function coverOf(node: NodeId, cuts: Iterator<boolean>): NodeId[] {
  if (node.level === 0 || cuts.next().value === false) return [node];
  const level = node.level - 1;
  return [0, 1].flatMap((side) => coverOf({ level, index: 2 * node.index + side }, cuts));
}

describe('reduction tree', () => {
  it('gives the same bits for every cover in every order of arrival, and gives back all but the root', () => {
    const cases = fc.record({
      level: fc.nat(5),
      cuts: fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
      order: fc.array(fc.nat(), { minLength: 64, maxLength: 64 }),
    });
    fc.assert(
      fc.property(cases, ({ level, cuts, order }) => {
        const root = rootOf(2 ** level);
        const cover = coverOf(root, cuts[Symbol.iterator]());
        const arrivals = cover
          .map((node, i) => ({ node, rank: order[i] ?? 0 }))
          .sort((a, b) => a.rank - b.rank);
        const released: Float32Array[] = [];
        const tree = new ReductionTree(root, arithmeticOf(released));
        for (const { node } of arrivals) tree.add(node, sumAt(node));
        expect(tree.takeRoot()).toEqual(sumAt(root));
        expect(new Set(released).size).toBe(cover.length - 1);
        expect(tree.isComplete).toBe(false);
      }),
    );
  });

  it('is used for a block below the root as well', () => {
    const block = { level: 2, index: 3 };
    const tree = new ReductionTree(block, arithmeticOf());
    const first = firstVirtualWorkerOf(block);
    for (let v = first + 3; v >= first; v -= 1) tree.add({ level: 0, index: v }, leafOf(v));
    expect(tree.takeRoot()).toEqual(sumAt(block));
  });

  it('keeps no more than one waiting sum per level when nodes arrive in order', () => {
    let held = 0;
    let most = 0;
    const tree = new ReductionTree<Float32Array>(rootOf(64), {
      ...arithmeticOf(),
      release: () => {
        held -= 1;
      },
    });
    for (let v = 0; v < 64; v += 1) {
      tree.add({ level: 0, index: v }, leafOf(v));
      held += 1;
      most = Math.max(most, held);
    }
    expect(most).toBeLessThanOrEqual(7);
  });

  it('refuses what is counted already, inside or around, and what is not in the tree; the sum stays right', () => {
    const tree = new ReductionTree(rootOf(4), arithmeticOf());
    tree.add({ level: 1, index: 0 }, sumAt({ level: 1, index: 0 }));
    for (const node of [
      { level: 1, index: 0 },
      { level: 0, index: 1 },
      { level: 2, index: 0 },
    ]) {
      expect(() => tree.add(node, sumAt(node))).toThrow(expect.objectContaining({ code: 'overlap' }));
    }
    for (const node of [
      { level: 3, index: 0 },
      { level: 0, index: 4 },
      { level: 0, index: -1 },
      { level: 0.5, index: 0 },
    ]) {
      expect(() => tree.add(node, leafOf(0))).toThrow(expect.objectContaining({ code: 'bad-node' }));
    }
    expect(() => tree.takeRoot()).toThrow('it has 1:0');
    tree.add({ level: 1, index: 1 }, sumAt({ level: 1, index: 1 }));
    expect(tree.takeRoot()).toEqual(sumAt(rootOf(4)));
  });
});
