import { type NodeId, rootOf } from '@atelier/shared/tree/node-id';
import { ReductionTree } from '@atelier/shared/tree/reduction-tree';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Intake } from './intake.ts';

/** One step: workers that push their nodes, each waiting for its own but for one that comes before it in the tree. */
class Step {
  readonly tree: ReductionTree<object>;
  readonly intake: Intake;
  mostHeld = 0;
  #numReceived = 0;

  constructor(numVirtualWorkers: number) {
    this.tree = new ReductionTree(rootOf(numVirtualWorkers), { add: () => {}, release: () => {} });
    this.intake = new Intake(numVirtualWorkers, () => this.tree.waiting);
  }

  async push(node: NodeId, received: () => Promise<void>): Promise<void> {
    expect(await this.intake.enter(node, new AbortController().signal)).toBe(true);
    this.#numReceived += 1;
    this.mostHeld = Math.max(this.mostHeld, this.#numReceived + this.tree.numWaiting);
    await received();
    this.tree.add(node, {});
    this.#numReceived -= 1;
    this.intake.leave(node);
  }
}

it('sums a step whatever the order in which nodes come, with room for O(log V) of them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 0, max: 8 }),
      fc.nat(2 ** 31),
      async (scheduler, level, seed) => {
        const numVirtualWorkers = 2 ** level;
        const nodes = shuffled(
          Array.from({ length: numVirtualWorkers }, (_, index) => ({ level: 0, index })),
          seed,
        );
        const step = new Step(numVirtualWorkers);
        const pushes = nodes.map((node) => step.push(node, () => scheduler.schedule(Promise.resolve())));
        await scheduler.waitFor(Promise.all(pushes));
        expect(step.tree.isComplete).toBe(true);
        expect(step.mostHeld).toBeLessThanOrEqual(4 * (5 * level + 16));
      },
    ),
    { numRuns: 12 },
  );
});

it('lets in whatever comes first in the tree although all room is taken, and one whose sibling waits', async () => {
  const step = new Step(128);
  const later = Array.from({ length: 64 }, (_, i) => leaf(2 * i + 1));
  const waiting = later.map((node) => step.push(node, async () => {}));
  await Promise.all(waiting.slice(0, 44));
  let isIn = false;
  void waiting[44]?.then(() => {
    isIn = true;
  });
  // Its sibling is summed; nothing is before the other.
  await step.push(leaf(2), async () => {});
  expect(isIn).toBe(false);
  await step.push(leaf(0), async () => {});
  expect(step.tree.waiting).toContainEqual({ level: 2, index: 0 });
});

it('lets nobody wait for a step that is over, nor one who gives up', async () => {
  const step = new Step(128);
  const filling = Array.from({ length: 44 }, (_, i) => step.push(leaf(2 * i + 1), async () => {}));
  await Promise.all(filling);
  const [patient, impatient] = [new AbortController(), new AbortController()];
  const waits = step.intake.enter(leaf(101), patient.signal);
  const givesUp = step.intake.enter(leaf(103), impatient.signal);
  impatient.abort();
  expect(await givesUp).toBe(false);
  step.intake.clear();
  expect(await waits).toBe(true);
});

function leaf(index: number): NodeId {
  return { level: 0, index };
}

function shuffled(nodes: NodeId[], seed: number): NodeId[] {
  let state = seed;
  for (let i = nodes.length - 1; i > 0; i -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    const [a, b] = [nodes[i], nodes[j]];
    if (a && b) [nodes[i], nodes[j]] = [b, a];
  }
  return nodes;
}
