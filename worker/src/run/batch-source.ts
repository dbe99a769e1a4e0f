import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { SampleOrder, sharePosition } from '@atelier/shared/order/sample-order';
import { numReadsBefore, phaseIndexOf } from '@atelier/shared/order/schedule';
import { firstVirtualWorkerOf, type NodeId, nodeKey, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
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
  /** Blocks of the one step that is read ahead. */
  #ahead = new Map<string, Promise<BlockBatches>>();

  constructor(
    options: BatchSourceOptions,
    modules: { readonly datasets: ReadonlyMap<string, Pick<Dataset, 'read'>> },
  ) {
    const { seed, definition } = options;
    this.#options = options;
    this.#datasets = modules.datasets;
    this.#orders = new Map(
      definition.domains.map(({ name: domain, numExamples }) => [domain, new SampleOrder({ seed, domain, numExamples })]),
    );
  }

  /** The arrays are the caller's. @throws DatasetError */
  take(step: number, node: NodeId): Promise<BlockBatches> {
    const key = keyOfBlock(step, node);
    const read = this.#ahead.get(key) ?? this.#read(step, node);
    this.#ahead.delete(key);
    return read;
  }

  /** Begins to read these blocks and forgets what else was read ahead: one step's batches at most are held. */
  readAhead(step: number, nodes: readonly NodeId[]): void {
    const ahead = new Map<string, Promise<BlockBatches>>();
    for (const node of nodes) {
      const key = keyOfBlock(step, node);
      const read = this.#ahead.get(key) ?? this.#read(step, node);
      // Whoever takes the block hears of a failure; nobody may.
      read.catch(() => undefined);
      ahead.set(key, read);
    }
    this.#ahead = ahead;
  }

  async #read(step: number, node: NodeId): Promise<BlockBatches> {
    const { phases } = this.#options.definition;
    const reads = phases[phaseIndexOf(step, phases.length)]?.reads ?? [];
    const batches = reads.map(async (domain) => [domain, await this.#readDomain(domain, step, node)] as const);
    return Object.fromEntries(await Promise.all(batches));
  }

  #readDomain(domain: string, step: number, node: NodeId): Promise<Float32Array> {
    const { virtualWorkers, batchPerVirtualWorker, definition } = this.#options;
    const order = this.#orders.get(domain);
    const dataset = this.#datasets.get(domain);
    if (order === undefined || dataset === undefined) throw new Error(`no data set was opened for domain '${domain}'`);
    const numReads = numReadsBefore(step, domain, definition.phases);
    const first = sharePosition(numReads, firstVirtualWorkerOf(node), virtualWorkers, batchPerVirtualWorker);
    return dataset.read(order.slice(first, numVirtualWorkersOf(node) * batchPerVirtualWorker));
  }
}

function keyOfBlock(step: number, node: NodeId): string {
  return `${step}/${nodeKey(node)}`;
}
