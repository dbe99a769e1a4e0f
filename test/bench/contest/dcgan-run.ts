import type { RunConfigInput } from '@atelier/shared/config/run-config';

export interface DcganRunOptions {
  /** C: 64 gives 1,731,456 parameters. */
  readonly width: number;
  readonly virtualWorkers: number;
  /** A file of CIFAR-10 records. */
  readonly pictures: string;
  readonly wire?: RunConfigInput['wire'];
  readonly device?: 'cpu' | 'gpu';
  readonly checkpointEvery?: number;
}

/** Images of each virtual worker in a step, and of each process of a peer. */
export const BATCH = 32;

/** Longer than any bench waits. */
const ENDLESS = 1_000_000;

/** The yardstick: dcgan-32 with one virtual worker for each worker, and nothing on the side. */
export function dcganRun(options: DcganRunOptions): RunConfigInput {
  const {
    width,
    virtualWorkers,
    pictures,
    wire = 'f32',
    device = 'cpu',
    checkpointEvery = ENDLESS,
  } = options;
  const adam = { kind: 'adam', learningRate: 2e-4, beta1: 0.5 } as const;
  return {
    name: 'bench',
    iterations: ENDLESS,
    virtualWorkers,
    batchPerVirtualWorker: BATCH,
    model: { preset: 'dcgan-32', options: { width } },
    data: { real: { kind: 'cifar10', path: pictures } },
    optimizers: { generator: adam, discriminator: adam },
    wire,
    engine: { device },
    checkpoint: { everyIterations: checkpointEvery },
    samples: { everyIterations: 0 },
    scheduling: { minWorkers: virtualWorkers },
  };
}
