import { createHash } from 'node:crypto';
import { type RunConfigInput, runConfigSchema } from '@atelier/shared/config/run-config';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { normal } from '@atelier/shared/random/keyed-random';
import { type NodeId, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import { describe, expect, it } from 'vitest';
import { TrainingState } from './training-state.ts';

const DEFINITION: RunDefinition = {
  model: 'small',
  groups: [
    {
      name: 'generator',
      tensors: [
        { name: 'kernel', shape: [3, 3] },
        { name: 'bias', shape: [2] },
      ],
      statistics: [],
    },
    {
      name: 'discriminator',
      tensors: [{ name: 'kernel', shape: [7] }],
      statistics: [{ name: 'mean', shape: [2] }],
    },
  ],
  phases: [
    { name: 'discriminate', group: 'discriminator', reads: ['real'], losses: ['loss', 'accuracy'] },
    { name: 'generate', group: 'generator', reads: [], losses: ['loss'] },
  ],
  domains: [{ name: 'real', numExamples: 10, digest: 'd' }],
};

function configOf(changes: Partial<RunConfigInput> = {}) {
  return runConfigSchema.parse({
    iterations: 10,
    model: { preset: 'small' },
    virtualWorkers: 4,
    optimizers: {
      generator: { kind: 'adam', learningRate: 0.1 },
      discriminator: { kind: 'sgd', learningRate: 0.5, momentum: 0.5 },
    },
    ema: { generator: 0.75 },
    statisticsMomentum: 0.75,
    ...changes,
  });
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

const INITIAL = normal([3, 3], initialLayoutOf(DEFINITION).size);

function startedState(changes: Partial<RunConfigInput> = {}): TrainingState {
  const state = TrainingState.create({ definition: DEFINITION, config: configOf(changes) });
  state.initialize(bytesOf(INITIAL));
  return state;
}

function push(state: TrainingState, node: NodeId, valuesOf: (length: number) => Float32Array): void {
  const buffer = state.allocateNode(state.step);
  const bytes = bytesOf(valuesOf(buffer.sizeBytes / 4));
  // Cut as a network would, at no float's boundary.
  for (let at = 0; at < bytes.length; at += 7) {
    const chunk = bytes.subarray(at, at + 7);
    buffer.partAt(at, chunk.length).set(chunk);
  }
  state.addNode(state.step, node, buffer);
  buffer.release();
}

function leafOf(step: number, virtualWorker: number, length: number): Float32Array {
  return normal([step + 100, virtualWorker], length);
}

/** Commits `numSteps` steps of four leaves each, or of blocks summed beforehand as a worker would. */
async function train(state: TrainingState, numSteps: number, blocks: readonly NodeId[]): Promise<void> {
  for (let i = 0; i < numSteps; i += 1) {
    const { step } = state;
    for (const node of blocks) {
      const first = node.index * numVirtualWorkersOf(node);
      push(state, node, (length) => {
        const left = leafOf(step, first, length);
        if (node.level === 0) return left;
        const right = leafOf(step, first + 1, length);
        return left.map((value, at) => value + (right[at] ?? 0));
      });
    }
    expect((await state.commit(step)).kind).toBe('committed');
  }
}

const LEAVES = [3, 1, 0, 2].map((index) => ({ level: 0, index }));
const MIXED = [
  { level: 1, index: 1 },
  { level: 0, index: 1 },
  { level: 0, index: 0 },
];

describe('training state', () => {
  it('takes parameters, then statistics, of each group in order', async () => {
    const state = startedState();
    expect(state.bytesOf('generator', 'parameters')).toEqual(bytesOf(INITIAL.slice(0, 11)));
    expect(state.bytesOf('generator', 'ema')).toEqual(bytesOf(INITIAL.slice(0, 11)));
    expect(state.bytesOf('discriminator', 'parameters')).toEqual(bytesOf(INITIAL.slice(11, 18)));
    expect(state.bytesOf('discriminator', 'statistics')).toEqual(bytesOf(INITIAL.slice(18)));
  });

  it('commits the mean to parameters, velocity, statistics and losses at once', async () => {
    const state = startedState();
    const before = (await state.snapshot()).groups['discriminator'];
    // Per leaf v: gradient 7 x (v + 1), statistics (v, 2v), losses (v, 1).
    for (const node of LEAVES) {
      const v = node.index;
      push(state, node, () => Float32Array.of(...Array<number>(7).fill(v + 1), v, 2 * v, v, 1));
    }
    const outcome = await state.commit(0);
    expect(outcome).toEqual({
      kind: 'committed',
      losses: { loss: 1.5, accuracy: 1 },
      gradientNorm: Math.sqrt(7 * 2.5 ** 2),
    });
    const after = (await state.snapshot()).groups['discriminator'];
    expect(after?.version).toBe(1);
    expect(after?.slots['velocity']).toEqual(new Float32Array(7).fill(2.5));
    expect(after?.parameters).toEqual(before?.parameters.map((value) => value - 0.5 * 2.5));
    const [mean = 0, other = 0] = before?.statistics ?? [];
    expect(after?.statistics[0]).toBeCloseTo(0.75 * mean + 0.25 * 1.5, 6);
    expect(after?.statistics[1]).toBeCloseTo(0.75 * other + 0.25 * 3, 6);
    expect(state.step).toBe(1);
    expect(state.versionOf('generator')).toBe(0);
  });

  it('ends in the same bits whoever computed which block', async () => {
    const [byLeaves, byBlocks] = [startedState(), startedState()];
    await train(byLeaves, 6, LEAVES);
    await train(byBlocks, 6, MIXED);
    expect(await byBlocks.snapshot()).toEqual(await byLeaves.snapshot());
    expect((await byLeaves.snapshot()).groups['generator']?.parameters).not.toEqual(INITIAL.slice(0, 11));
  });

  it('goes on from a snapshot to the same bits, also in another life and amid a decay', async () => {
    const schedule = { kind: 'cosine', until: 5, floor: 0.1 } as const;
    const changes: Partial<RunConfigInput> = {
      optimizers: {
        generator: { kind: 'adam', learningRate: 0.1, schedule },
        discriminator: { kind: 'sgd', learningRate: 0.5, momentum: 0.5, schedule },
      },
    };
    const whole = startedState(changes);
    await train(whole, 3, LEAVES);
    const snapshot = await whole.snapshot();
    await train(whole, 4, LEAVES);
    const end = await whole.snapshot();

    const resumed = TrainingState.create({ definition: DEFINITION, config: configOf(changes), snapshot });
    await train(resumed, 4, MIXED);
    expect(await resumed.snapshot()).toEqual(end);

    push(whole, { level: 0, index: 2 }, (length) => leafOf(0, 0, length));
    whole.rollback(snapshot);
    await train(whole, 4, LEAVES);
    expect(await whole.snapshot()).toEqual(end);
  });

  it.each([
    { at: 4, value: Number.NaN, what: "gradient of 'kernel'" },
    { at: 8, value: Number.POSITIVE_INFINITY, what: "statistic 'mean'" },
    { at: 10, value: Number.NaN, what: "loss 'accuracy'" },
    { at: 0, value: 3e38, what: 'gradient norm' },
  ])('commits nothing of a step whose $what is not finite', async ({ at, value, what }) => {
    const state = startedState();
    const before = await state.snapshot();
    for (const node of LEAVES) {
      push(state, node, (length) => {
        const values = leafOf(0, node.index, length);
        if (node.index === 2) values[at] = value;
        return values;
      });
    }
    expect(await state.commit(0)).toEqual({ kind: 'non-finite', what: expect.stringContaining(what) });
    expect(await state.snapshot()).toEqual(before);
    await train(state, 1, LEAVES);
  });

  it('names the digest of the new parameters at the configured interval', async () => {
    const state = startedState({ journal: { digestEverySteps: 3 } });
    await train(state, 2, LEAVES);
    for (const node of LEAVES) push(state, node, (length) => leafOf(2, node.index, length));
    const outcome = await state.commit(2);
    const digest = createHash('sha256').update(state.bytesOf('discriminator', 'parameters')).digest('hex');
    expect(outcome).toMatchObject({ digest });
    for (const node of LEAVES) push(state, node, (length) => leafOf(3, node.index, length));
    expect(await state.commit(3)).not.toHaveProperty('digest');
  });

  it('drops the nodes of an abandoned step', async () => {
    const [state, other] = [startedState(), startedState()];
    push(state, { level: 1, index: 0 }, (length) => leafOf(9, 9, length));
    state.abandon();
    await train(state, 2, LEAVES);
    await train(other, 2, LEAVES);
    expect(await state.snapshot()).toEqual(await other.snapshot());
  });

  it('refuses what does not fit, and stays as it was', async () => {
    const state = startedState();
    const before = await state.snapshot();
    const codeOf = (act: () => unknown): unknown => {
      try {
        return act();
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error;
      }
    };
    const buffer = state.allocateNode(0);
    expect(codeOf(() => buffer.partAt(buffer.sizeBytes - 7, 8))).toBe('wrong-length');
    expect(codeOf(() => state.allocateNode(1))).toBe('wrong-step');
    expect(codeOf(() => state.addNode(1, { level: 0, index: 0 }, buffer))).toBe('wrong-step');
    expect(codeOf(() => state.addNode(0, { level: 0, index: 4 }, buffer))).toBe('bad-node');
    await expect(state.commit(0)).rejects.toMatchObject({ code: 'incomplete' });
    expect(codeOf(() => state.initialize(bytesOf(INITIAL)))).toBe('has-parameters');
    expect(codeOf(() => state.versionOf('critic'))).toBe('unknown-group');
    expect(codeOf(() => state.rollback({ ...before, step: 1 }))).toBe('bad-snapshot');
    expect(codeOf(() => state.rollback({ step: 0, groups: {} }))).toBe('bad-snapshot');
    buffer.release();
    expect(codeOf(() => state.addNode(0, { level: 0, index: 0 }, buffer))).toBe('released');
    expect(await state.snapshot()).toEqual(before);

    const fresh = TrainingState.create({ definition: DEFINITION, config: configOf() });
    await expect(fresh.snapshot()).rejects.toMatchObject({ code: 'no-parameters' });
    expect(codeOf(() => fresh.initialize(bytesOf(INITIAL).subarray(4)))).toBe('wrong-length');
    const broken = INITIAL.slice();
    broken[12] = Number.NaN;
    expect(codeOf(() => fresh.initialize(bytesOf(broken)))).toBe('non-finite');
    expect(fresh.hasParameters).toBe(false);
    const critic = { critic: { kind: 'sgd', learningRate: 1 } } as const;
    const optimizers = { ...configOf().optimizers, ...critic };
    const create = (changes: Partial<RunConfigInput>) => () =>
      TrainingState.create({ definition: DEFINITION, config: configOf(changes) });
    expect(create({ optimizers })).toThrow('optimizers.critic');
    expect(create({ optimizers: {} })).toThrow('optimizers.generator');
    expect(create({ ema: { critic: 0.5 } })).toThrow('ema.critic');
  });
});
