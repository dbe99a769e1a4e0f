import { setImmediate } from 'node:timers/promises';
import { sizeOf } from '@atelier/shared/layout/flat-layout';
import { iterationOf, phaseIndexOf } from '@atelier/shared/order/schedule';
import { keyOf, normal, uniform } from '@atelier/shared/random/keyed-random';
import { firstVirtualWorkerOf, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import type { NodeWire } from '@atelier/shared/wire/node-wire';
import type { ModelPhase } from '../model/define-model.ts';
import type { BlockWork } from './compute-messages.ts';
import { createNodeSum } from './node-sum.ts';
import type { PhaseRunning } from './phase-runner-types.ts';

export interface BlockComputerOptions {
  readonly seed: number;
  readonly batchPerVirtualWorker: number;
  readonly phases: readonly Pick<ModelPhase, 'noiseOf'>[];
  /** By phase, how its nodes are packed; float32 without it. */
  readonly wires?: readonly NodeWire[];
}

/** Computes the reduction tree's node over an aligned block of virtual workers, one virtual worker at a time. */
export class BlockComputer {
  readonly #options: BlockComputerOptions;
  readonly #runner: Pick<PhaseRunning, 'run'>;

  constructor(options: BlockComputerOptions, modules: { readonly runner: Pick<PhaseRunning, 'run'> }) {
    this.#options = options;
    this.#runner = modules.runner;
  }

  /**
   * @returns the node, as it travels: the sum, in tree order, of the leaves of its virtual workers
   * @throws the signal's reason when aborted between two virtual workers
   */
  async compute(work: BlockWork, signal: AbortSignal): Promise<Uint8Array> {
    const { step, node, batches } = work;
    const { phases, wires } = this.#options;
    const numVirtualWorkers = numVirtualWorkersOf(node);
    const phaseIndex = phaseIndexOf(step, phases.length);
    const first = firstVirtualWorkerOf(node);
    const sum = createNodeSum(node, wires?.[phaseIndex]);
    try {
      for (let place = 0; place < numVirtualWorkers; place += 1) {
        const leaf = this.#runner.run({
          phaseIndex,
          iteration: iterationOf(step, phases.length),
          batch: shareOf(batches, place, numVirtualWorkers),
          noise: this.#noiseOf(step, phaseIndex, first + place),
        });
        sum.add(first + place, leaf);
        // Lets the thread hear that the block is no longer wanted.
        await setImmediate();
        signal.throwIfAborted();
      }
      return sum.take();
    } finally {
      sum.drop();
    }
  }

  #noiseOf(step: number, phaseIndex: number, virtualWorker: number): Record<string, Float32Array> {
    const { seed, batchPerVirtualWorker, phases } = this.#options;
    const specs = Object.entries(phases[phaseIndex]?.noiseOf(batchPerVirtualWorker) ?? {});
    return Object.fromEntries(
      specs.map(([name, { shape, distribution }]) => {
        const key = keyOf(seed, 'noise', step, virtualWorker, name);
        const size = sizeOf(shape);
        return [name, distribution === 'normal' ? normal(key, size) : uniform(key, size)];
      }),
    );
  }
}

function shareOf(
  batches: BlockWork['batches'],
  place: number,
  numShares: number,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(batches).map(([domain, values]) => {
      const size = values.length / numShares;
      return [domain, values.subarray(place * size, (place + 1) * size)];
    }),
  );
}
