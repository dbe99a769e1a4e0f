import { ignoring } from '@atelier/shared/async/ignoring';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { batchPosition, SampleOrder } from '@atelier/shared/order/sample-order';
import { numReadsBefore, phaseIndexOf } from '@atelier/shared/order/schedule';
import {
  firstVirtualWorkerOf,
  type NodeId,
  nodeKey,
  numVirtualWorkersOf,
} from '@atelier/shared/tree/node-id';
import type { Dataset } from '../data/dataset.ts';

export interface BatchSourceOptions {
  readonly seed: number;
  readonly virtualWorkers: number;
  readonly batchPerVirtualWorker: number;
  readonly definition: Pick<RunDefinition, 'phases' | 'domains'>;
}

/** By domain, NHWC: the batches of a block's virtual workers one after another. */
export type BlockBatches = Record<string, Float32Array>;

/**
 * Reads what a block's virtual workers train on: for each domain a fixed slice of its endless stream. Reading ahead
 * changes when a batch is read, never which one.
 */
export class BatchSource {
  readonly #options: BatchSourceOptions;
  readonly #datasets: ReadonlyMap<string, Pick<Dataset, 'read'>>;
  readonly #orders: ReadonlyMap<string, SampleOrder>;
  /** By block: of the step that is read ahead, and what is left of the one before. */
  readonly #ahead = new Map<string, { readonly step: number; readonly batches: Promise<BlockBatches> }>();

  constructor(
    options: BatchSourceOptions,
    modules: { readonly datasets: ReadonlyMap<string, Pick<Dataset, 'read'>> },
  ) {
    const { seed, definition } = options;
    this.#options = options;
    this.#datasets = modules.datasets;
    this.#orders = new Map(
      definition.domains.map(({ name: domain, numExamples }) => [
        domain,
        new SampleOrder({ seed, domain, numExamples }),
      ]),
    );
  }

  /** The arrays are the caller's. @throws DatasetError */
  take(step: number, node: NodeId): Promise<BlockBatches> {
    const key = keyOfBlock(step, node);
    const batches = this.#ahead.get(key)?.batches ?? this.#read(step, node);
    this.#ahead.delete(key);
    return batches;
  }

  /** A copy of what the block's first virtual worker trains on, if the block is being read ahead. @throws DatasetError */
  async firstAhead(step: number, node: NodeId): Promise<BlockBatches | undefined> {
    const batches = await this.#ahead.get(keyOfBlock(step, node))?.batches;
    if (batches === undefined) return undefined;
    const count = numVirtualWorkersOf(node);
    return Object.fromEntries(
      Object.entries(batches).map(([domain, values]) => [domain, values.slice(0, values.length / count)]),
    );
  }

  /** Begins to read blocks of the step that comes after the present one. Two steps' batches at most are held. */
  readAhead(step: number, nodes: readonly NodeId[]): void {
    for (const [key, ahead] of this.#ahead) {
      if (ahead.step !== step && ahead.step !== step - 1) this.#ahead.delete(key);
    }
    for (const node of nodes) {
      const key = keyOfBlock(step, node);
      if (this.#ahead.has(key)) continue;
      const batches = this.#read(step, node);
      void ignoring(batches, 'whoever takes the block hears of a failure; it may be that nobody does');
      this.#ahead.set(key, { step, batches });
    }
  }

  async #read(step: number, node: NodeId): Promise<BlockBatches> {
    const { phases } = this.#options.definition;
    const reads = phases[phaseIndexOf(step, phases.length)]?.reads ?? [];
    const batches = reads.map(
      async (domain) => [domain, await this.#readDomain(domain, step, node)] as const,
    );
    return Object.fromEntries(await Promise.all(batches));
  }

  #readDomain(domain: string, step: number, node: NodeId): Promise<Float32Array> {
    const { virtualWorkers, batchPerVirtualWorker, definition } = this.#options;
    const order = this.#orders.get(domain);
    const dataset = this.#datasets.get(domain);
    if (order === undefined || dataset === undefined)
      throw new Error(`no data set was opened for domain '${domain}'`);
    const numReads = numReadsBefore(step, domain, definition.phases);
    const first = batchPosition(numReads, firstVirtualWorkerOf(node), virtualWorkers, batchPerVirtualWorker);
    return dataset.read(order.slice(first, numVirtualWorkersOf(node) * batchPerVirtualWorker));
  }
}

function keyOfBlock(step: number, node: NodeId): string {
  return `${step}/${nodeKey(node)}`;
}
