import { type RunConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { CHUNK_ELEMENTS } from '@atelier/shared/layout/slices';
import { normal } from '@atelier/shared/random/keyed-random';
import { sha256Of } from '@atelier/shared/sha256';
import { describe, expect, it } from 'vitest';
import { WHOLE } from './reduced-part.ts';
import { ReducerState } from './reducer-state.ts';
import { TrainingState } from './training-state.ts';

const DEFINITION: RunDefinition = {
  model: 'small',
  groups: [
    {
      name: 'learner',
      tensors: [
        { name: 'scale', shape: [3] },
        { name: 'kernel', shape: [2, CHUNK_ELEMENTS] },
        { name: 'bias', shape: [4] },
      ],
      statistics: [],
    },
  ],
  phases: [{ name: 'learn', group: 'learner', reads: [], losses: ['loss'] }],
  domains: [],
};
const SIZE = initialLayoutOf(DEFINITION).size;
const INITIAL = normal([3, 3], SIZE).slice();
const LEAVES = [3, 1, 0, 2].map((index) => ({ level: 0, index }));

function configOf(weightDecay: number): RunConfig {
  return runConfigSchema.parse({
    iterations: 10,
    model: { preset: 'small' },
    virtualWorkers: 4,
    optimizers: { learner: { kind: 'lamb', learningRate: 0.01, weightDecay } },
    ema: { learner: 0.75 },
  });
}

function startedState({ weightDecay = 0.01, initial = INITIAL } = {}): TrainingState {
  const state = TrainingState.create({ definition: DEFINITION, config: configOf(weightDecay) });
  state.initialize(new Uint8Array(initial.buffer));
  return state;
}

function push(state: TrainingState | ReducerState, change: (leaf: Float32Array) => void = () => {}): void {
  for (const node of LEAVES) {
    const leaf = normal([state.step + 100, node.index], SIZE + 1).slice();
    change(leaf);
    const buffer = state.allocateNode(state.step);
    buffer.partAt(0, leaf.byteLength).set(new Uint8Array(leaf.buffer));
    state.addNode(state.step, node, buffer);
  }
}

async function train(state: TrainingState, numSteps: number): Promise<void> {
  for (let i = 0; i < numSteps; i += 1) {
    push(state);
    expect((await state.commit(state.step)).kind).toBe('committed');
  }
}

describe('training state, with LAMB', () => {
  it('ends in its golden digest', async () => {
    const state = startedState();
    await train(state, 5);
    expect(sha256Of(state.bytesOf('learner', 'parameters'))).toBe(
      '0212624fa950e6a469d1bb34b75694d29d1ed054e464c26f4083c7c90e158626',
    );
  });

  it('goes on from a snapshot to the same bits', async () => {
    const whole = startedState();
    await train(whole, 3);
    const snapshot = await whole.snapshot();
    await train(whole, 4);
    const config = configOf(0.01);
    const resumed = TrainingState.create({ definition: DEFINITION, config, snapshot });
    await train(resumed, 4);
    expect(await resumed.snapshot()).toEqual(await whole.snapshot());
  });

  it.each([
    { at: 2, value: Number.NaN, what: "gradient of 'scale'" },
    { at: SIZE - 1, value: Number.NEGATIVE_INFINITY, what: "gradient of 'bias'" },
    { at: SIZE, value: Number.NaN, what: "loss 'loss'" },
    { at: 9, value: 8e37, what: 'gradient norm' },
  ])('commits nothing of a step whose $what is not finite', async ({ at, value, what }) => {
    const state = startedState();
    const before = await state.snapshot();
    push(state, (leaf) => leaf.set([value], at));
    expect(await state.commit(0)).toEqual({ kind: 'non-finite', what: expect.stringContaining(what) });
    expect(await state.snapshot()).toEqual(before);
    await train(state, 1);
  });

  it('commits nothing of a step whose update overflows, and names the tensor', async () => {
    const initial = INITIAL.slice();
    initial[3 + CHUNK_ELEMENTS] = 3e38;
    const state = startedState({ weightDecay: 2, initial });
    const before = await state.snapshot();
    push(state);
    expect(await state.commit(0)).toEqual({
      kind: 'non-finite',
      what: "squared update of 'kernel' of step 0, group 'learner'",
    });
    expect(await state.snapshot()).toEqual(before);
  });

  it('commits nothing with the sums of another number of tensors', async () => {
    const state = new ReducerState(DEFINITION, configOf(0.01), WHOLE);
    state.restore(0, new Map(Object.entries((await startedState().snapshot()).groups)));
    push(state);
    const before = state.groupOf('learner').snapshot();
    const { fragmentSums } = state.prepare(0);
    expect(() => state.commit(0, fragmentSums.subarray(2))).toThrow('8 sums of tensors');
    expect(state.groupOf('learner').snapshot()).toEqual(before);
    expect(state.step).toBe(0);
    expect(() => state.commit(0, fragmentSums.subarray(0, 6))).not.toThrow();
  });
});
