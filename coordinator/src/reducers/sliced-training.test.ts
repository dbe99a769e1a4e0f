import { randomUUID } from 'node:crypto';
import { type RunConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { type NodeLayout, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { CHUNK_ELEMENTS } from '@atelier/shared/layout/slices';
import { normal } from '@atelier/shared/random/keyed-random';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { cutNode } from '@atelier/shared/wire/node-slices';
import { nodeWireOf, type Wire } from '@atelier/shared/wire/node-wire';
import { describe, expect, it } from 'vitest';
import type { NodeBuffer } from '../training/node-buffer.ts';
import type { Training } from '../training/training.ts';
import { TrainingState } from '../training/training-state.ts';
import { HeldSlice } from './held-slice.ts';
import type {
  ReducerLink,
  SliceCommit,
  SliceLoad,
  SliceStep,
  TakenParts,
  WantedParts,
} from './reducer-link.ts';
import { ReducerSet, ReducersLostError } from './reducer-set.ts';
import { SlicedTraining } from './sliced-training.ts';

// Over 250 lines: what must be the same with any number of reducers, over one set-up.

const NUM_PARAMETERS = 3 + 3 * CHUNK_ELEMENTS + 5;
const DEFINITION: RunDefinition = {
  model: 'wide',
  groups: [
    {
      name: 'wide',
      tensors: [
        { name: 'scale', shape: [3] },
        { name: 'kernel', shape: [CHUNK_ELEMENTS, 3] },
        { name: 'bias', shape: [5] },
      ],
      statistics: [{ name: 'mean', shape: [2] }],
    },
    { name: 'narrow', tensors: [{ name: 'kernel', shape: [3] }], statistics: [] },
  ],
  phases: [
    { name: 'widen', group: 'wide', reads: [], losses: ['loss'] },
    { name: 'narrow', group: 'narrow', reads: [], losses: ['loss', 'penalty'] },
  ],
  domains: [],
};
const LAYOUTS = DEFINITION.phases.map((phase) => nodeLayoutOf(DEFINITION, phase));
const kernels = Kernels.load();

/** What a run's bits are to be the same for. */
interface Way {
  readonly wire: Wire;
  readonly kind: 'adam' | 'lamb';
}

const WAYS: Way[] = [
  { wire: 'f32', kind: 'adam' },
  { wire: 'bf16', kind: 'adam' },
  { wire: 'f32', kind: 'lamb' },
  { wire: 'bf16', kind: 'lamb' },
];

function configOf({ wire, kind }: Way): RunConfig {
  const optimizer = { kind, learningRate: 0.01 };
  return runConfigSchema.parse({
    wire,
    iterations: 10,
    model: { preset: 'wide' },
    virtualWorkers: 4,
    optimizers: { wide: optimizer, narrow: optimizer },
    ema: { wide: 0.75 },
    journal: { digestEverySteps: 1 },
  });
}

/** As gRPC tells of it. */
const LOST = Object.assign(new Error('connection lost'), { code: 14 });

/** A reducer in this process: what reducer.ts does, without the network. */
class NearReducer implements ReducerLink {
  readonly id: string;
  readonly name: string;
  readonly address = 'here:1';
  readonly memoryId = '';
  slice: HeldSlice | undefined;
  /** Fails when it is asked for this next. */
  failsAt: 'prepare' | 'commit' | 'snapshot' | undefined;

  constructor(name: string) {
    this.id = name;
    this.name = name;
  }

  async load({ config, definition, parts, ...order }: SliceLoad): Promise<void> {
    const slice = new HeldSlice({
      ...order,
      configJson: JSON.stringify(config),
      definitionJson: JSON.stringify(definition),
    });
    slice.restore(parts);
    this.slice = slice;
  }

  async prepare({ step }: SliceStep) {
    return this.#held('prepare').state.prepare(step);
  }

  async commit({ step, tensorSums }: SliceCommit): Promise<void> {
    this.#held('commit').state.commit(step, tensorSums);
  }

  async abandon(): Promise<void> {
    this.#held().state.abandon();
  }

  async snapshot({ step, kind, group = '' }: WantedParts): Promise<TakenParts> {
    return { parts: Promise.resolve(this.#held('snapshot').snapshot(step, kind, group)) };
  }

  release(): void {}
  stop(): void {}
  close(): void {}

  #held(asked?: NearReducer['failsAt']): HeldSlice {
    if (this.slice === undefined || (asked !== undefined && this.failsAt === asked)) throw LOST;
    return this.slice;
  }
}

interface Run {
  readonly training: Training;
  readonly reducers: readonly NearReducer[];
  readonly set: ReducerSet;
  readonly lost: string[];
}

const FORMED = { runId: 'run', definition: DEFINITION };
const INITIAL = new Uint8Array(normal([3, 3], initialLayoutOf(DEFINITION).size).slice().buffer);

async function startedRun(way: Way, numReducers: number): Promise<Run> {
  const lost: string[] = [];
  const config = configOf(way);
  const set = new ReducerSet(numReducers, {
    newId: randomUUID,
    onGone: () => {},
    onLost: (reason) => lost.push(reason),
  });
  const reducers = Array.from({ length: numReducers }, (_, i) => new NearReducer(`reducer-${i}`));
  for (const reducer of reducers) set.add(reducer);
  const training = new SlicedTraining({ definition: DEFINITION, config }, { reducers: set });
  await set.form({ ...FORMED, config }, training.initialize(INITIAL));
  return { training, reducers, set, lost };
}

function layoutAt(step: number): NodeLayout {
  const layout = LAYOUTS[step % LAYOUTS.length];
  if (layout === undefined) throw new Error(`there is no step ${step}`);
  return layout;
}

/** As a worker makes it: of a leaf, or of two by the tree. */
function nodeOf(wire: Wire, step: number, { level, index }: NodeId): Uint8Array {
  const layout = layoutAt(step);
  const nodeWire = nodeWireOf(wire, layout, kernels);
  const packed = Array.from({ length: 2 ** level }, (_, i) =>
    nodeWire.pack(normal([step + 100, index * 2 ** level + i], layout.size)),
  );
  const [first, second] = packed;
  if (first === undefined) throw new Error('no leaf');
  if (second !== undefined) nodeWire.add(first, second);
  const bytes = first.bytes.slice();
  for (const node of packed) node.release();
  return bytes;
}

function put(buffer: NodeBuffer, bytes: Uint8Array): NodeBuffer {
  buffer.partAt(0, bytes.byteLength).set(bytes);
  return buffer;
}

/** To those of the reducers that a worker got to before it was lost; then to the coordinator, if to all. */
function push({ training, reducers }: Run, wire: Wire, node: NodeId, numReached = reducers.length): void {
  const { step } = training;
  const gradientSize = layoutAt(step).gradient.size;
  const { slices, others } = cutNode(nodeOf(wire, step, node), {
    wire,
    gradientSize,
    numReducers: reducers.length,
  });
  for (const [i, bytes] of slices.slice(0, numReached).entries()) {
    const state = reducers[i]?.slice?.state;
    if (bytes.byteLength === 0 || state === undefined || state.isCounted(node)) continue;
    state.replaceNode(step, node, put(state.allocateNode(step), bytes));
  }
  if (numReached === reducers.length) training.addNode(step, node, put(training.allocateNode(step), others));
}

const leaf = (index: number): NodeId => ({ level: 0, index });
const pair = (index: number): NodeId => ({ level: 1, index });

/** Who computes what, step after step: whole pairs, leaves, and what workers that are lost leave behind. */
function pushStep(run: Run, wire: Wire, kind: number): void {
  if (kind === 0) for (const index of [1, 0]) push(run, wire, pair(index));
  if (kind === 1) for (const index of [3, 0, 2, 1]) push(run, wire, leaf(index));
  if (kind === 2) {
    // A pair got to the first reducer only and is brought again as leaves; a leaf likewise, and then its pair.
    push(run, wire, pair(0), 1);
    push(run, wire, leaf(2), 1);
    for (const node of [leaf(1), leaf(0), pair(1)]) push(run, wire, node);
  }
}

describe.each(WAYS)('with wire: $wire and $kind, reducers', (way) => {
  const { wire } = way;
  async function alone(numSteps: number) {
    const training = TrainingState.create({ definition: DEFINITION, config: configOf(way) });
    training.initialize(INITIAL);
    const outcomes = [];
    for (let step = 0; step < numSteps; step += 1) {
      for (const index of [0, 1])
        training.addNode(
          step,
          pair(index),
          put(training.allocateNode(step), nodeOf(wire, step, pair(index))),
        );
      outcomes.push(await training.commit(step));
    }
    return { training, outcomes };
  }

  it.each([2, 3, 5])('of the number %i come to the bits, norms and digests of one process', async (n) => {
    const { training, outcomes } = await alone(6);
    const run = await startedRun(way, n);
    for (let step = 0; step < 6; step += 1) {
      pushStep(run, wire, step % 3);
      expect(await run.training.commit(step)).toEqual(outcomes[step]);
    }
    expect(await run.training.snapshot()).toEqual(await training.snapshot());
    expect(await run.training.drawn((live) => live.slice())).toEqual(
      await training.drawn((live) => live.slice()),
    );
  });

  it.each(['prepare', 'commit', 'snapshot'] as const)(
    'are lost when one fails at %s, and go on from a snapshot',
    async (failsAt) => {
      const run = await startedRun(way, 2);
      pushStep(run, wire, 1);
      await run.training.commit(0);
      const kept = await run.training.snapshot();
      pushStep(run, wire, 1);
      const [, doomed] = run.reducers;
      if (doomed) doomed.failsAt = failsAt;
      const asked = failsAt === 'snapshot' ? run.training.snapshot() : run.training.commit(1);
      await expect(asked).rejects.toThrow(ReducersLostError);
      expect(run.lost).toEqual(['reducer-1: connection lost']);
      expect(run.training.reducers).toBeUndefined();

      const another = new NearReducer('another');
      run.set.add(another);
      await run.set.form({ ...FORMED, config: configOf(way) }, kept);
      run.training.rollback(kept);
      const [first] = run.reducers;
      const renewed = { ...run, reducers: first ? [first, another] : [] };
      const { training, outcomes } = await alone(4);
      for (const step of [1, 2, 3]) {
        pushStep(renewed, wire, step % 3);
        expect(await run.training.commit(step)).toEqual(outcomes[step]);
      }
      expect(await run.training.snapshot()).toEqual(await training.snapshot());
    },
  );
});

it.each(['adam', 'lamb'] as const)(
  'with %s name the tensor that is not finite, wherever it is cut, and change nothing',
  async (kind) => {
    const run = await startedRun({ wire: 'f32', kind }, 3);
    const before = await run.training.snapshot();
    for (const index of [0, 1]) {
      const bytes = nodeOf('f32', 0, pair(index));
      new Float32Array(bytes.buffer)[NUM_PARAMETERS - 2] = Number.NaN;
      const { slices, others } = cutNode(bytes, {
        wire: 'f32',
        gradientSize: NUM_PARAMETERS,
        numReducers: 3,
      });
      for (const [i, slice] of slices.entries()) {
        const state = run.reducers[i]?.slice?.state;
        if (state) state.replaceNode(0, pair(index), put(state.allocateNode(0), slice));
      }
      run.training.addNode(0, pair(index), put(run.training.allocateNode(0), others));
    }
    expect(await run.training.commit(0)).toEqual({
      kind: 'non-finite',
      what: "gradient of 'bias' of step 0, group 'wide'",
    });
    expect(await run.training.snapshot()).toEqual(before);
  },
);
