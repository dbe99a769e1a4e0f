import { setImmediate } from 'node:timers/promises';
import { sizeOf } from '@atelier/shared/layout/flat-layout';
import { iterationOf, phaseIndexOf } from '@atelier/shared/order/schedule';
import { keyOf, normal, uniform } from '@atelier/shared/random/keyed-random';
import { firstVirtualWorkerOf, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import type { NodeWire } from '@atelier/shared/wire/node-wire';
import type { ModelPhase } from '../model/define-model.ts';
import type { BegunLeaf } from '../phases/compiled-phase.ts';
import type { PhaseRunInputs, PhaseRunning } from '../phases/phase-runner-types.ts';
import type { BlockSum, BlockWork } from './compute-messages.ts';
import { createNodeSum } from './node-sum.ts';

export interface BlockComputerOptions {
  readonly seed: number;
  readonly batchPerVirtualWorker: number;
  readonly phases: readonly Pick<ModelPhase, 'noiseOf'>[];
  /** By phase, how its nodes are packed; float32 without it. */
  readonly wires?: readonly NodeWire[];
}

type BlockRunner = Pick<PhaseRunning, 'run'> & Partial<Pick<PhaseRunning, 'begin' | 'lateGroupOf'>>;

/** A virtual worker's leaf that was begun before the step's last parameters were here. */
interface BegunWork {
  readonly step: number;
  readonly virtualWorker: number;
  readonly lateGroup: string | undefined;
  readonly leaf: BegunLeaf;
  readonly seconds: number;
}

/** Computes the reduction tree's node over an aligned block of virtual workers, one virtual worker at a time. */
export class BlockComputer {
  readonly #options: BlockComputerOptions;
  readonly #runner: BlockRunner;
  #begun: BegunWork | undefined;

  constructor(options: BlockComputerOptions, modules: { readonly runner: BlockRunner }) {
    this.#options = options;
    this.#runner = modules.runner;
  }

  /**
   * @returns the node, as it travels: the sum, in tree order, of the leaves of its virtual workers; and what all of it
   * took, what was begun included
   * @throws the signal's reason when aborted between two virtual workers
   */
  async compute(work: BlockWork, signal: AbortSignal): Promise<BlockSum> {
    const { step, node, batches } = work;
    const { phases, wires } = this.#options;
    const numVirtualWorkers = numVirtualWorkersOf(node);
    const phaseIndex = phaseIndexOf(step, phases.length);
    const first = firstVirtualWorkerOf(node);
    const start = performance.now();
    let seconds = 0;
    const sum = createNodeSum(node, wires?.[phaseIndex]);
    try {
      for (let place = 0; place < numVirtualWorkers; place += 1) {
        const inputs = this.#inputsOf(step, first + place, batchOf(batches, place, numVirtualWorkers));
        const begun = this.#takeBegun(step, first + place);
        seconds += begun?.seconds ?? 0;
        const leaf = this.#runner.run(inputs, begun?.leaf);
        sum.add(first + place, leaf);
        // Lets the thread hear that the block is no longer wanted.
        await setImmediate();
        signal.throwIfAborted();
      }
      const bytes = sum.take();
      return { bytes, seconds: seconds + (performance.now() - start) / 1000 };
    } finally {
      sum.drop();
    }
  }

  /**
   * Begins the leaf of the block's first virtual worker: what the parameters that are still to come do not change.
   * What becomes of it is nobody's concern: `compute` uses it if it fits, with the same result as without.
   */
  begin({ step, node, batches }: BlockWork): void {
    this.#drop();
    const start = performance.now();
    const virtualWorker = firstVirtualWorkerOf(node);
    const batch = batchOf(batches, 0, numVirtualWorkersOf(node));
    const leaf = this.#runner.begin?.(this.#inputsOf(step, virtualWorker, batch));
    if (leaf === undefined) return;
    const phaseIndex = phaseIndexOf(step, this.#options.phases.length);
    const lateGroup = this.#runner.lateGroupOf?.(phaseIndex);
    this.#begun = { step, virtualWorker, lateGroup, leaf, seconds: (performance.now() - start) / 1000 };
  }

  /** What was begun with other parameters of the group serves no more. */
  parametersChanged(group: string): void {
    if (group !== this.#begun?.lateGroup) this.#drop();
  }

  #takeBegun(step: number, virtualWorker: number): BegunWork | undefined {
    const begun = this.#begun;
    if (begun?.step !== step || begun.virtualWorker !== virtualWorker) {
      this.#drop();
      return undefined;
    }
    this.#begun = undefined;
    return begun;
  }

  #drop(): void {
    this.#begun?.leaf.drop();
    this.#begun = undefined;
  }

  #inputsOf(step: number, virtualWorker: number, batch: PhaseRunInputs['batch']): PhaseRunInputs {
    const numPhases = this.#options.phases.length;
    const phaseIndex = phaseIndexOf(step, numPhases);
    const noise = this.#noiseOf(step, phaseIndex, virtualWorker);
    return { phaseIndex, iteration: iterationOf(step, numPhases), batch, noise };
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

function batchOf(
  batches: BlockWork['batches'],
  place: number,
  numVirtualWorkers: number,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(batches).map(([domain, values]) => {
      const size = values.length / numVirtualWorkers;
      return [domain, values.subarray(place * size, (place + 1) * size)];
    }),
  );
}
