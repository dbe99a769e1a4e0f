import type { EvaluationInput } from '@atelier/proto/generated/atelier/v1/Evaluation';
import { type RunConfig, type RunConfigInput, runConfigSchema } from '@atelier/shared/config/run-config';
import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import type { Bar } from '@atelier/shared/evaluation/evaluation';
import { type NodeLayout, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { phaseIndexOf } from '@atelier/shared/order/schedule';
import { firstVirtualWorkerOf, type NodeId, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';

/** A run of two groups of a few numbers, for tests that are about the protocol and not about a model. */
export const toyDefinition: RunDefinition = {
  model: 'toy',
  groups: [
    {
      name: 'generator',
      tensors: [{ name: 'w', shape: [2, 3] }],
      statistics: [{ name: 'mean', shape: [2] }],
    },
    { name: 'critic', tensors: [{ name: 'w', shape: [3] }], statistics: [] },
  ],
  phases: [
    { name: 'critic', group: 'critic', reads: ['content', 'style'], losses: ['loss', 'penalty'] },
    { name: 'generator', group: 'generator', reads: ['content'], losses: ['loss'] },
  ],
  domains: [
    { name: 'content', numExamples: 20, digest: 'c0' },
    { name: 'style', numExamples: 7, digest: '57' },
  ],
};

export const toyFingerprint: EngineFingerprint = {
  tensorflow: '2.18.1',
  tfjs: '4.22.0',
  v8: '11.3',
  device: 'cpu: toy',
  intraOpThreads: 1,
  oneDnn: false,
  deterministic: true,
  compile: true,
  ops: 'tensorflow',
};

export function toyConfig(changes: Partial<RunConfigInput> = {}): RunConfig {
  return runConfigSchema.parse({
    name: 'toy',
    iterations: 4,
    virtualWorkers: 4,
    batchPerVirtualWorker: 2,
    model: { module: 'toy.ts' },
    optimizers: {
      generator: { kind: 'adam', learningRate: 0.01 },
      critic: { kind: 'sgd', learningRate: 0.1, momentum: 0.5 },
    },
    ema: { generator: 0.9 },
    samples: { everyIterations: 0 },
    // Scripted workers say nothing but what the test has them say.
    scheduling: { leaseMs: 120_000, heartbeatMs: 1_000 },
    ...changes,
  });
}

const TOY_BARS = [
  { metric: 'judge', wanted: 'at least', limit: 0.9 },
  { metric: 'swd', wanted: 'at most', limit: 0.21 },
] satisfies Bar[];

/** Of the checkpoint after so many iterations. */
export function toyEvaluation(
  iteration: number,
  values: { readonly judge: number; readonly swd: number },
): EvaluationInput {
  const step = iteration * toyDefinition.phases.length;
  return { step, iteration, digest: 'ab'.repeat(32), values, bars: TOY_BARS };
}

export function toyInitialValues(): Float32Array {
  return Float32Array.from({ length: initialLayoutOf(toyDefinition).size }, (_, i) => (i - 5) / 16);
}

export function toyNodeLayout(step: number): NodeLayout {
  const phase = toyDefinition.phases[phaseIndexOf(step, toyDefinition.phases.length)];
  if (phase === undefined) throw new RangeError(`there is no step ${step}`);
  return nodeLayoutOf(toyDefinition, phase);
}

/** The node's sum over its virtual workers, added in the order of the tree. */
export function toyNode(step: number, node: NodeId): Float32Array {
  const { size } = toyNodeLayout(step);
  if (numVirtualWorkersOf(node) === 1) {
    const virtualWorker = firstVirtualWorkerOf(node);
    return Float32Array.from({ length: size }, (_, i) => Math.sin(step * 100 + virtualWorker * 10 + i));
  }
  const left = toyNode(step, { level: node.level - 1, index: node.index * 2 });
  const right = toyNode(step, { level: node.level - 1, index: node.index * 2 + 1 });
  return left.map((value, i) => value + (right[i] ?? 0));
}
