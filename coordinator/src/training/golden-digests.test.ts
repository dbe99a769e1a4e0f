import { type OptimizerConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { PhaseDefinition, RunDefinition } from '@atelier/shared/layout/run-definition';
import { CHUNK_ELEMENTS } from '@atelier/shared/layout/slices';
import { normal } from '@atelier/shared/random/keyed-random';
import { sha256Of } from '@atelier/shared/sha256';
import { nodeWireOf, type Wire } from '@atelier/shared/wire/node-wire';
import { expect, it } from 'vitest';
import { TrainingState } from './training-state.ts';

const PHASE: PhaseDefinition = { name: 'learn', group: 'learner', reads: [], losses: ['loss'] };
const DEFINITION: RunDefinition = {
  model: 'small',
  groups: [
    {
      name: 'learner',
      // More than a block, and tensors that end within chunks.
      tensors: [
        { name: 'scale', shape: [3] },
        { name: 'kernel', shape: [65, CHUNK_ELEMENTS] },
        { name: 'bias', shape: [4] },
      ],
      statistics: [],
    },
  ],
  phases: [PHASE],
  domains: [],
};
const NUM_STEPS = 5;
const kernels = Kernels.load();

interface Golden {
  readonly wire: Wire;
  readonly optimizer: Pick<OptimizerConfig, 'kind'> & { readonly momentum?: number };
  readonly parameters: string;
  /** What a worker is sent that has the version before. */
  readonly sent: string;
}

/** Beginnings of SHA-256. A run that was begun by an earlier version goes on to these bits. */
const GOLDENS: Golden[] = [
  { wire: 'f32', optimizer: { kind: 'adam' }, parameters: 'd5c10a84e4a64c93', sent: 'd5c10a84e4a64c93' },
  { wire: 'f32', optimizer: { kind: 'adamw' }, parameters: 'e5f975101c2a1655', sent: 'e5f975101c2a1655' },
  {
    wire: 'f32',
    optimizer: { kind: 'sgd', momentum: 0.5 },
    parameters: 'd1a8835df362e819',
    sent: 'd1a8835df362e819',
  },
  {
    wire: 'f32',
    optimizer: { kind: 'rmsprop', momentum: 0.5 },
    parameters: '7c961937aa275841',
    sent: '7c961937aa275841',
  },
  { wire: 'bf16', optimizer: { kind: 'adam' }, parameters: '90de282372dfb760', sent: 'b9c4f33caaa8cba1' },
  { wire: 'bf16', optimizer: { kind: 'adamw' }, parameters: 'c8c3157fad9bf15e', sent: 'f65e979c94bbdcfa' },
  {
    wire: 'bf16',
    optimizer: { kind: 'sgd', momentum: 0.5 },
    parameters: 'bdde8ada8096cde0',
    sent: '43245ffeaa6b30c6',
  },
  {
    wire: 'bf16',
    optimizer: { kind: 'rmsprop', momentum: 0.5 },
    parameters: '9ebadecf3c0f1538',
    sent: 'a5d06e670b18a3d7',
  },
  { wire: 'f32', optimizer: { kind: 'lamb' }, parameters: '55f69c77f57547be', sent: '55f69c77f57547be' },
  { wire: 'bf16', optimizer: { kind: 'lamb' }, parameters: '4c0a4098a10995c9', sent: '2338b746198b29ca' },
];

it.each(GOLDENS)('$optimizer.kind with wire: $wire ends in its golden digest', async (golden) => {
  const { wire, optimizer } = golden;
  const config = runConfigSchema.parse({
    wire,
    iterations: NUM_STEPS,
    model: { preset: 'small' },
    virtualWorkers: 2,
    optimizers: { learner: { ...optimizer, learningRate: 0.01 } },
  });
  const state = TrainingState.create({ definition: DEFINITION, config });
  state.initialize(bytesOf(normal([3, 3], initialLayoutOf(DEFINITION).size)));
  const layout = nodeLayoutOf(DEFINITION, PHASE);
  const nodes = nodeWireOf(wire, layout, kernels);
  for (let step = 0; step < NUM_STEPS; step += 1) {
    for (const index of [0, 1]) {
      const node = nodes.pack(normal([step + 100, index], layout.size));
      const buffer = state.allocateNode(step);
      buffer.partAt(0, node.bytes.byteLength).set(node.bytes);
      node.release();
      state.addNode(step, { level: 0, index }, buffer);
    }
    expect((await state.commit(step)).kind).toBe('committed');
  }
  const digestOf = (bytes: Uint8Array): string => sha256Of(bytes).slice(0, 16);
  expect({
    parameters: digestOf(state.bytesOf('learner', 'parameters')),
    sent: digestOf(state.publishedOf('learner', true).bytes),
  }).toEqual({ parameters: golden.parameters, sent: golden.sent });
});

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
