import { type RunConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import type { KernelBuffer } from '@atelier/shared/kernels/kernel-memory';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { PhaseDefinition, RunDefinition } from '@atelier/shared/layout/run-definition';
import { normal } from '@atelier/shared/random/keyed-random';
import { firstVirtualWorkerOf, type NodeId, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import { ReductionTree } from '@atelier/shared/tree/reduction-tree';
import { nodeWireOf, type Wire } from '@atelier/shared/wire/node-wire';
import { describe, expect, it } from 'vitest';
import { TrainingState } from './training-state.ts';

const PHASE: PhaseDefinition = { name: 'learn', group: 'learner', reads: [], losses: ['loss'] };
const DEFINITION: RunDefinition = {
  model: 'small',
  // An odd number of parameters: the last word of a gradient is half empty.
  groups: [
    {
      name: 'learner',
      tensors: [{ name: 'kernel', shape: [3, 7] }],
      statistics: [{ name: 'mean', shape: [3] }],
    },
  ],
  phases: [PHASE],
  domains: [],
};
const LAYOUT = nodeLayoutOf(DEFINITION, PHASE);
const INITIAL = normal([3, 3], initialLayoutOf(DEFINITION).size);
const NUM_PARAMETERS = 21;

const kernels = Kernels.load();
const wire = nodeWireOf('bf16', LAYOUT, kernels);

function configOf(wire: Wire): RunConfig {
  return runConfigSchema.parse({
    wire,
    iterations: 10,
    model: { preset: 'small' },
    virtualWorkers: 4,
    optimizers: { learner: { kind: 'adam', learningRate: 0.01 } },
    ema: { learner: 0.75 },
  });
}

function startedState(wire: Wire = 'bf16'): TrainingState {
  const state = TrainingState.create({ definition: DEFINITION, config: configOf(wire) });
  state.initialize(new Uint8Array(INITIAL.buffer));
  return state;
}

function leafOf(step: number, virtualWorker: number): Float32Array {
  return normal([step + 100, virtualWorker], LAYOUT.size);
}

/** As a worker does that was given the block. */
function push(state: TrainingState, node: NodeId, leaf: typeof leafOf = leafOf): void {
  const tree = new ReductionTree<KernelBuffer>(node, {
    add: (left, right) => wire.add(left, right),
    release: (buffer) => buffer.release(),
  });
  const first = firstVirtualWorkerOf(node);
  for (let index = first; index < first + numVirtualWorkersOf(node); index += 1)
    tree.add({ level: 0, index }, wire.pack(leaf(state.step, index)));
  const root = tree.takeRoot();
  const buffer = state.allocateNode(state.step);
  buffer.partAt(0, root.bytes.byteLength).set(root.bytes);
  root.release();
  state.addNode(state.step, node, buffer);
}

async function train(state: TrainingState, numSteps: number, blocks: readonly NodeId[]): Promise<void> {
  for (let i = 0; i < numSteps; i += 1) {
    for (const node of blocks) push(state, node);
    expect((await state.commit(state.step)).kind).toBe('committed');
  }
}

const ROOT = [{ level: 2, index: 0 }];
const LEAVES = [3, 1, 0, 2].map((index) => ({ level: 0, index }));
const MIXED = [
  { level: 1, index: 1 },
  { level: 0, index: 1 },
  { level: 0, index: 0 },
];

describe('training state, with wire: bf16', () => {
  it('ends in the same bits whoever computed which block, one worker all of it included', async () => {
    const [whole, byLeaves, byBlocks] = [startedState(), startedState(), startedState()];
    await train(whole, 6, ROOT);
    await train(byLeaves, 6, LEAVES);
    await train(byBlocks, 6, MIXED);
    expect(await byLeaves.snapshot()).toEqual(await whole.snapshot());
    expect(await byBlocks.snapshot()).toEqual(await whole.snapshot());
    expect((await whole.snapshot()).groups['learner']?.parameters).not.toEqual(
      INITIAL.slice(0, NUM_PARAMETERS),
    );
  });

  it('goes on from a snapshot to the same bits, what workers compute with included', async () => {
    const whole = startedState();
    await train(whole, 3, LEAVES);
    const snapshot = await whole.snapshot();
    await train(whole, 4, LEAVES);
    const end = await whole.snapshot();
    const resumed = TrainingState.create({ definition: DEFINITION, config: configOf('bf16'), snapshot });
    await train(resumed, 4, ROOT);
    whole.rollback(snapshot);
    expect(whole.publishedOf('learner', true).isDifference).toBe(false);
    await train(whole, 4, MIXED);
    expect(await whole.snapshot()).toEqual(end);
    expect(await resumed.snapshot()).toEqual(end);
    expect(resumed.publishedOf('learner', false)).toEqual(whole.publishedOf('learner', false));
  });

  it('names a difference that brings whoever has the version before to what others are given whole', async () => {
    const state = startedState();
    const held = kernels.memory.allocate(NUM_PARAMETERS);
    expect(state.publishedOf('learner', true).isDifference).toBe(false);
    held.bytes.set(state.publishedOf('learner', true).bytes);
    for (let i = 0; i < 5; i += 1) {
      await train(state, 1, LEAVES);
      const { isDifference, bytes } = state.publishedOf('learner', true);
      expect(isDifference).toBe(true);
      const difference = kernels.memory.allocate(bytes.byteLength / 4);
      difference.bytes.set(bytes);
      kernels.addDifferenceBf16(held, difference);
      difference.release();
      expect(new Uint8Array(held.bytes)).toEqual(new Uint8Array(state.publishedOf('learner', false).bytes));
    }
    const master = (await state.snapshot()).groups['learner']?.parameters ?? new Float32Array();
    expect(held.floats).not.toEqual(master);
    // What was rounded away of all steps is no more than of one.
    for (const [i, value] of master.entries())
      expect(Math.abs((held.floats[i] ?? 0) - value)).toBeLessThan(1e-4);
    expect(startedState('f32').publishedOf('learner', true).isDifference).toBe(false);
  });

  it.each([
    { at: 4, value: Number.NaN, what: "gradient of 'kernel'" },
    { at: 20, value: Number.NEGATIVE_INFINITY, what: "gradient of 'kernel'" },
    // Finite, and an infinity once it is rounded.
    { at: 0, value: 3.4e38, what: "gradient of 'kernel'" },
    { at: 21, value: Number.POSITIVE_INFINITY, what: "statistic 'mean'" },
    { at: 24, value: Number.NaN, what: "loss 'loss'" },
  ])('commits nothing of a step whose $what is not finite ($value)', async ({ at, value, what }) => {
    const state = startedState();
    const before = await state.snapshot();
    for (const node of LEAVES) {
      push(state, node, (step, virtualWorker) => {
        const values = leafOf(step, virtualWorker);
        if (virtualWorker === 2) values[at] = value;
        return values;
      });
    }
    expect(await state.commit(0)).toEqual({ kind: 'non-finite', what: expect.stringContaining(what) });
    expect(await state.snapshot()).toEqual(before);
    await train(state, 1, LEAVES);
  });

  it('refuses a snapshot of another wire', async () => {
    const create = async (to: Wire, from: Wire) =>
      TrainingState.create({
        definition: DEFINITION,
        config: configOf(to),
        snapshot: await startedState(from).snapshot(),
      });
    await expect(create('bf16', 'f32')).rejects.toThrow('no copy of the parameters as published');
    await expect(create('f32', 'bf16')).rejects.toThrow("the config's wire is f32");
    await expect(create('bf16', 'bf16')).resolves.toBeInstanceOf(TrainingState);
  });
});
