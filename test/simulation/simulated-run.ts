import type { RunConfig } from '@atelier/shared/config/run-config';
import { toyConfig, toyDefinition } from '../harness/toy-run.ts';
import type { SeededChance } from './seeded-chance.ts';

/** What is run in a simulation. */
export interface SimulatedRun {
  readonly config: RunConfig;
  /** Whether checkpoints go into a bucket, and not into the run's folder. */
  readonly isInBucket: boolean;
  /** For a trace. */
  readonly summary: object;
}

const configs = new Map<string, RunConfig>();

/** A run of few steps, with what the config may ask for. */
export function drawRun(chance: SeededChance): SimulatedRun {
  const drawn = {
    virtualWorkers: chance.pick([1, 2, 4, 4]),
    iterations: chance.pick([1, 1, 2]),
    minWorkers: chance.between(1, 2),
    samplesEvery: chance.pick([0, 0, 1]),
    onNonFinite: chance.pick(['fail', 'rollback'] as const),
    isInBucket: chance.happens(0.4),
  };
  const key = JSON.stringify(drawn);
  const config = configs.get(key) ?? configOf(drawn);
  configs.set(key, config);
  return { config, isInBucket: drawn.isInBucket, summary: drawn };
}

export function numStepsOf({ config }: SimulatedRun): number {
  return config.iterations * toyDefinition.phases.length;
}

function configOf(drawn: {
  readonly virtualWorkers: number;
  readonly iterations: number;
  readonly minWorkers: number;
  readonly samplesEvery: number;
  readonly onNonFinite: 'fail' | 'rollback';
  readonly isInBucket: boolean;
}): RunConfig {
  const { virtualWorkers, iterations, minWorkers, samplesEvery, onNonFinite, isInBucket } = drawn;
  return toyConfig({
    ...{ virtualWorkers, iterations, onNonFinite, transport: 'grpc' },
    checkpoint: { everyIterations: 1, keepLast: 2, ...(isInBucket ? { store: 's3://simulated/run' } : {}) },
    samples: { everyIterations: samplesEvery },
    journal: { digestEverySteps: 1 },
    events: { stepEvery: 1 },
    scheduling: { leaseMs: 1_500, heartbeatMs: 400, lateFactor: 3, lateFloorMs: 400, minWorkers },
  });
}
