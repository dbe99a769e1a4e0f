import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfigInput } from '@atelier/shared/config/run-config';

/** Not a multiple of the global batch: epochs end in the middle of steps, at another place each time. */
const NUM_PICTURES = 300;
const SIZE = 28;
const IDX_IMAGES = 0x0803;

export const NUM_STEPS = 200;
export const SAMPLES_EVERY = 35;
/** Until a silent worker is lost and a late block computed twice. No machine is so busy. */
export const PATIENCE_MS = 60_000;
export const LEASE_MS = 1_500;
/** For tests of the leases themselves. */
export const IMPATIENT = { leaseMs: LEASE_MS, lateFloorMs: 500 } as const;

/**
 * A run of some seconds that has all that could break the promise (batch norm with running statistics, noise, two
 * groups, a moving average, ends of epochs, sample grids), with a checkpoint every 20 steps.
 * Puts its pictures into the folder.
 */
export function smallRun(folder: string): RunConfigInput {
  const images = join(folder, 'pictures.idx');
  writeFileSync(images, drawPictures());
  const adam = { kind: 'adam', learningRate: 2e-3, beta1: 0.5 } as const;
  return {
    name: 'faults',
    seed: 5,
    iterations: NUM_STEPS / 2,
    virtualWorkers: 4,
    batchPerVirtualWorker: 4,
    model: { preset: 'dcgan-32', options: { width: 4, channels: 1 } },
    data: { real: { kind: 'idx', images } },
    optimizers: { generator: adam, discriminator: adam },
    ema: { generator: 0.98 },
    checkpoint: { everyIterations: 10, keepLast: 3 },
    samples: { everyIterations: SAMPLES_EVERY, rows: 2, columns: 4 },
    journal: { digestEverySteps: 10 },
    scheduling: { leaseMs: PATIENCE_MS, heartbeatMs: 200, lateFloorMs: PATIENCE_MS },
  };
}

/** Slanted stripes, of another width and slant in each picture. */
function drawPictures(): Uint8Array {
  const file = Buffer.alloc(16 + NUM_PICTURES * SIZE * SIZE);
  for (const [i, value] of [IDX_IMAGES, NUM_PICTURES, SIZE, SIZE].entries()) file.writeUInt32BE(value, 4 * i);
  for (let picture = 0; picture < NUM_PICTURES; picture++) {
    for (let pixel = 0; pixel < SIZE * SIZE; pixel++) {
      const [y, x] = [Math.floor(pixel / SIZE), pixel % SIZE];
      file[16 + picture * SIZE * SIZE + pixel] = (x * (picture % 23) + y * (picture % 31)) % 256;
    }
  }
  return file;
}
