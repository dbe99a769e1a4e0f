import type { RunConfigInput } from '@atelier/shared/config/run-config';
import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';

/** A model of which only the sizes are true: one phase for each group. */
export function syntheticDefinition(groupSizes: readonly number[]): RunDefinition {
  const groups = groupSizes.map((size, i) => ({
    name: `group-${i}`,
    tensors: [{ name: 'w', shape: [size] }],
    statistics: [],
  }));
  return {
    model: 'synthetic',
    groups,
    phases: groups.map(({ name }) => ({ name, group: name, reads: [], losses: ['loss'] })),
    domains: [],
  };
}

export const syntheticFingerprint: EngineFingerprint = {
  tensorflow: 'none',
  tfjs: 'none',
  v8: process.versions.v8,
  device: 'none',
  intraOpThreads: 1,
  oneDnn: false,
  deterministic: true,
  compile: false,
  ops: 'tensorflow',
};

export interface SyntheticRunOptions {
  readonly groupSizes: readonly number[];
  readonly virtualWorkers: number;
  readonly wire?: RunConfigInput['wire'];
  readonly reducers?: number;
  /** Default: grpc. */
  readonly transport?: RunConfigInput['transport'];
}

const ENDLESS = 1_000_000;

export function syntheticRun({
  groupSizes,
  virtualWorkers,
  wire = 'f32',
  reducers = 1,
  transport = 'grpc',
}: SyntheticRunOptions): RunConfigInput {
  const { groups } = syntheticDefinition(groupSizes);
  return {
    name: 'load',
    iterations: ENDLESS,
    virtualWorkers,
    batchPerVirtualWorker: 1,
    // Nobody opens it: the workers are synthetic, too.
    model: { module: 'synthetic.ts' },
    data: {},
    optimizers: Object.fromEntries(
      groups.map(({ name }) => [name, { kind: 'adam', learningRate: 1e-4 } as const]),
    ),
    wire,
    reducers,
    transport,
    checkpoint: { everyIterations: ENDLESS },
    samples: { everyIterations: 0 },
    // A machine full of clients is no place to be strict about who is late.
    scheduling: { minWorkers: virtualWorkers, leaseMs: 120_000, heartbeatMs: 10_000, lateFloorMs: 120_000 },
  };
}
