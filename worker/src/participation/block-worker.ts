import type { PhaseDefinition } from '@atelier/shared/layout/run-definition';
import { MemoryError } from '@atelier/shared/memory/memory-error';
import { phaseIndexOf } from '@atelier/shared/order/schedule';
import { firstVirtualWorkerOf, type NodeId, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import type { Logger } from 'pino';
import type { DataPlane, NodeCutting } from '../grpc/data-plane.ts';
import { DataPlaneError } from '../grpc/data-plane-error.ts';
import type { Formation } from '../grpc/sliced-plane.ts';
import type { LoadedRun } from '../loaded-run/loaded-run.ts';
import type { WorkerMetrics } from '../metrics/worker-metrics.ts';
import { type AssignedBlock, BlockQueue, type GroupVersion } from './block-queue.ts';
import type { Activity } from './heartbeat.ts';
import { type Brought, ThreadParameters } from './thread-parameters.ts';
import { untilAborted } from './until-aborted.ts';

/** A loaded run, as far as blocks are computed with it. */
export interface BlockRun {
  readonly config: Pick<LoadedRun['config'], 'batchPerVirtualWorker' | 'wire'>;
  readonly definition: LoadedRun['definition'];
  readonly batches: Pick<LoadedRun['batches'], 'take' | 'readAhead' | 'firstAhead'>;
  readonly compute: Pick<
    LoadedRun['compute'],
    'readParameters' | 'setParameters' | 'addDifference' | 'compute' | 'begin' | 'free'
  >;
}

export interface BlockWorkerModules {
  readonly run: BlockRun;
  readonly dataPlane: DataPlane;
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  readonly reportFailure: (step: number, node: NodeId, message: string) => void;
  /** The coordinator does not know this membership any more. */
  readonly onExpelled: (reason: string) => void;
}

/**
 * Carries out assignments: pulls what is missing while the batches are read, computes block after block, and pushes
 * each while the next is computed.
 */
export class BlockWorker {
  readonly #modules: BlockWorkerModules;
  readonly #queue = new BlockQueue();
  readonly #closed = new AbortController();
  readonly #parameters: ThreadParameters;
  #lastStep = 0;
  #activity: Activity = 'idle';
  #working: Promise<void> | undefined;
  #pushing: Promise<unknown> = Promise.resolve();
  #numPushing = 0;
  /** The node that was pushed last, by its first virtual worker. */
  #lastPushed: { readonly step: number; readonly first: number } | undefined;

  constructor(modules: BlockWorkerModules) {
    this.#modules = modules;
    this.#parameters = new ThreadParameters(modules);
  }

  get activity(): Activity {
    return this.#activity === 'idle' && this.#numPushing > 0 ? 'push' : this.#activity;
  }

  /** The step being computed, or the last one. */
  get step(): number {
    return this.#queue.step ?? this.#lastStep;
  }

  assign(
    step: number,
    nodes: readonly NodeId[],
    parameters: readonly GroupVersion[],
    reducers?: Formation,
  ): void {
    this.#lastStep = step;
    this.#queue.assign(step, nodes, parameters, reducers);
    this.#working ??= this.#workThrough();
  }

  revoke(step: number, nodes: readonly NodeId[]): void {
    this.#queue.revoke(step, nodes);
  }

  /** Resolves when nothing is under way any more; what was not begun is dropped. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#queue.clear();
    await this.#working;
    await this.#pushing;
  }

  async #workThrough(): Promise<void> {
    for (let block = this.#queue.take(); block !== undefined; block = this.#queue.take()) {
      try {
        await this.#work(block);
      } catch (error) {
        this.#handleFailure(block, error);
      }
    }
    this.#activity = 'idle';
    this.#working = undefined;
  }

  async #work(block: AssignedBlock): Promise<void> {
    const lost = await this.#attempt(block);
    if (lost === undefined) return;
    this.#modules.dataPlane.couldNotRead(lost);
    const parameters = block.parameters.map(({ group, version }) => ({ group, version }));
    await this.#attempt({ ...block, parameters });
  }

  /** @returns why parameters could not be read where they were said to lie, if it came to nothing for that */
  async #attempt(block: AssignedBlock): Promise<MemoryError | undefined> {
    const bringing = this.#parameters.bring(block);
    // What the compute thread holds is known before anything else is asked of it.
    const [computed, brought] = await Promise.allSettled([
      this.#computeWith(block, bringing),
      bringing.then(({ set }) => set),
    ]);
    if (computed.status === 'fulfilled') return undefined;
    const cause: unknown = brought.status === 'rejected' ? brought.reason : computed.reason;
    if (cause instanceof MemoryError && !block.signal.aborted) return cause;
    throw cause;
  }

  async #computeWith(block: AssignedBlock, bringing: Promise<Brought>): Promise<void> {
    const { step, node, signal } = block;
    const { run, metrics } = this.#modules;
    const { compute, batches: source } = run;
    this.#activity = 'pull';
    const [batches, { set }] = await Promise.all([
      metrics.during('data', () => untilAborted(source.take(step, node), signal)),
      bringing,
    ]);
    signal.throwIfAborted();
    this.#activity = 'compute';
    // The compute thread takes one call after the other: it has the next at hand whenever it ends one.
    const computed = metrics.during('compute', () => compute.compute({ step, node, batches }, signal));
    // Whoever computes a block of this step will most likely compute the same block of the next.
    source.readAhead(step + 1, this.#queue.nodes);
    if (this.#queue.isEmpty) this.#beginNext(step + 1);
    const [{ bytes, seconds }] = await Promise.all([computed, set]);
    this.#count(step, node, seconds);
    // One node at most is on its way and one waits, whatever the network does. But one that comes before it in the tree does
    // not wait for it: reducers may have no room for the later one until they have the earlier.
    const first = firstVirtualWorkerOf(node);
    const comesBefore = step === this.#lastPushed?.step && first < this.#lastPushed.first;
    if (!comesBefore) await this.#pushing;
    this.#lastPushed = { step, first };
    this.#pushing = Promise.all([this.#pushing, this.#push(block, bytes, seconds)]);
  }

  /**
   * While this step is pushed, committed and pulled, the compute thread begins the next, which will most likely be alike. It
   * is told before it has ended this one.
   */
  #beginNext(step: number): void {
    const [node] = this.#queue.nodes;
    const { metrics, run } = this.#modules;
    const { compute, batches } = run;
    if (node === undefined) return;
    const virtualWorker = { level: 0, index: firstVirtualWorkerOf(node) };
    batches
      .firstAhead(step, node)
      .then((first) => {
        if (first === undefined) return undefined;
        return metrics.during('compute', () => compute.begin({ step, node: virtualWorker, batches: first }));
      })
      // Whoever computes the block meets the same failure, and tells of it.
      .catch((error: unknown) => this.#modules.log.debug({ step, err: error }, 'step not begun'));
  }

  #count(step: number, node: NodeId, seconds: number): void {
    const { config } = this.#modules.run;
    const numVirtualWorkers = numVirtualWorkersOf(node);
    this.#modules.metrics.computed({
      phase: this.#phaseOf(step)?.name ?? '',
      numVirtualWorkers,
      numImages: numVirtualWorkers * config.batchPerVirtualWorker,
      seconds,
    });
  }

  #cuttingOf(step: number): Omit<NodeCutting, 'reducers'> {
    const group = this.#phaseOf(step)?.group ?? '';
    return { wire: this.#modules.run.config.wire, gradientSize: this.#parameters.sizeOf(group) ?? 0 };
  }

  #phaseOf(step: number): PhaseDefinition | undefined {
    const { phases } = this.#modules.run.definition;
    return phases[phaseIndexOf(step, phases.length)];
  }

  async #push(block: AssignedBlock, bytes: Uint8Array, computeSeconds: number): Promise<void> {
    const { step, node, reducers, signal } = block;
    const { dataPlane, log, run } = this.#modules;
    const cut = reducers && { reducers, ...this.#cuttingOf(step) };
    this.#numPushing += 1;
    try {
      const status = await dataPlane.pushNode(
        { step, node, bytes, computeSeconds, cut },
        signal,
        this.#closed.signal,
      );
      log.debug({ step, node, status, computeSeconds }, 'node pushed');
      // Else some of it may still be on its way to be sent.
      if (status === 'accepted') run.compute.free({ bytes });
    } catch (error) {
      this.#handleFailure(block, error);
    } finally {
      this.#numPushing -= 1;
    }
  }

  #handleFailure({ step, node, signal }: AssignedBlock, error: unknown): void {
    if (signal.aborted || this.#closed.signal.aborted) return;
    const { log, reportFailure, onExpelled } = this.#modules;
    if (error instanceof DataPlaneError && error.code === 'rejoin') {
      onExpelled(error.message);
    } else if (error instanceof DataPlaneError && error.code === 'stale') {
      // Another assignment is on its way: the run has moved on since this one was sent.
      log.info({ step, node, err: error }, 'block dropped');
    } else {
      log.warn({ step, node, err: error }, 'block failed');
      reportFailure(step, node, error instanceof Error ? error.message : String(error));
    }
  }
}
