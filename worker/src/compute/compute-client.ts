import { SHARE_ENV, Worker as Thread } from 'node:worker_threads';
import { MemoryError } from '@atelier/shared/memory/memory-error';
import type { EngineState } from '../phases/engine-state.ts';
import type { FrozenGraph } from '../trained/frozen-graph.ts';
import type {
  JudgedImages,
  JudgeInputs,
  RenderedImages,
  RenderInputs,
  RenderWork,
  StyleCodeWork,
  TrainedFlats,
} from '../trained/trained-work.ts';
import { ComputeError } from './compute-error.ts';
import type {
  BlockSum,
  BlockWork,
  ComputeAnswer,
  ComputeCall,
  ComputeCalls,
  GroupDifference,
  GroupParameters,
  LentParameters,
  LoadReply,
  LoadRequest,
} from './compute-messages.ts';
import { freeNow } from './free-now.ts';
import { buffersOf } from './transfer.ts';

interface OpenCall {
  readonly call: ComputeCall;
  readonly resolve: (reply: never) => void;
  readonly reject: (error: ComputeError) => void;
}

/** The main thread's side of the compute thread: calls become promises. Calls are carried out in the order made. */
export class ComputeClient {
  readonly #open = new Map<number, OpenCall>();
  #thread: Thread | undefined;
  #numCalls = 0;
  #engine: EngineState | undefined;
  #end: ComputeError | undefined;
  #reportCrash: (error: ComputeError) => void = () => {};

  /** Resolves when the thread ends without being stopped: nothing more can be computed. Never rejects. */
  readonly crashed: Promise<ComputeError> = new Promise((resolve) => {
    this.#reportCrash = resolve;
  });

  readonly #entry: URL;

  /** @param entry of the thread */
  constructor(entry: URL = entryOf()) {
    this.#entry = entry;
  }

  /** When the last call ended. */
  get engine(): EngineState | undefined {
    return this.#engine;
  }

  start(): void {
    // The engine reads its thread count from the environment of the process, hence a shared one.
    const thread = new Thread(this.#entry, { name: 'compute', env: SHARE_ENV });
    thread.on('message', (answer: ComputeAnswer) => this.#settle(answer));
    thread.on('error', (error) => this.#fail(error));
    thread.on('exit', (code) => this.#fail(new Error(`exit code ${code}`)));
    this.#thread = thread;
  }

  /** Ends the thread after the TensorFlow call it is in; open calls are rejected as `closed`. Idempotent. */
  async stop(): Promise<void> {
    this.#finish(new ComputeError('closed', 'the compute thread was stopped'));
    await this.#thread?.terminate();
  }

  load(request: LoadRequest): Promise<LoadReply> {
    return this.#ask('load', request, []);
  }

  async initialize(): Promise<Float32Array> {
    return (await this.#ask('initialize', {}, [])).values;
  }

  /** @throws MemoryError: the thread has nothing of the group then */
  async readParameters(lent: LentParameters): Promise<void> {
    const { failure } = await this.#ask('readParameters', lent, []);
    if (failure) throw new MemoryError(failure.code, failure.message);
  }

  /** Takes `parameters.flat` over. */
  async setParameters(parameters: GroupParameters): Promise<void> {
    await this.#ask('setParameters', parameters, [parameters.flat]);
  }

  /** Takes `difference` over. */
  async addDifference(difference: GroupDifference): Promise<void> {
    await this.#ask('addDifference', difference, [difference.difference]);
  }

  /**
   * Takes the batches over.
   * @throws ComputeError `cancelled` when aborted before its last virtual worker
   */
  compute(work: BlockWork, signal: AbortSignal): Promise<BlockSum> {
    return this.#ask('compute', work, Object.values(work.batches), signal);
  }

  /** Of a sum that `compute` brought: nobody reads it any more. */
  free({ bytes }: Pick<BlockSum, 'bytes'>): void {
    freeNow([bytes]);
  }

  /**
   * Begins the first leaf of a block that will most likely be asked for next, before its last parameters are set.
   * Takes the batches over.
   */
  async begin(work: BlockWork): Promise<void> {
    await this.#ask('begin', work, Object.values(work.batches));
  }

  /** Takes all arrays over. */
  async render(work: RenderWork, signal: AbortSignal): Promise<RenderedImages> {
    const { inputs } = work;
    const arrays = [
      ...Object.values(work.parameters),
      ...Object.values(work.statistics),
      ...arraysOf(inputs),
    ];
    return (await this.#ask('render', work, arrays, signal)).images;
  }

  /** Takes all arrays over. */
  async freeze(trained: TrainedFlats): Promise<FrozenGraph> {
    const arrays = [...Object.values(trained.parameters), ...Object.values(trained.statistics)];
    return (await this.#ask('freeze', trained, arrays)).graph;
  }

  /** Takes all arrays over. */
  async styleCodes(work: StyleCodeWork): Promise<Float32Array> {
    const arrays = [...Object.values(work.parameters), ...Object.values(work.statistics), work.styles];
    return (await this.#ask('styleCodes', work, arrays)).codes;
  }

  /** Takes the parameters over. */
  async judge(trained: TrainedFlats, inputs: JudgeInputs): Promise<JudgedImages> {
    const arrays = [...Object.values(trained.parameters), ...Object.values(trained.statistics)];
    return (await this.#ask('judge', { ...trained, inputs }, arrays)).judged;
  }

  #ask<Call extends ComputeCall>(
    call: Call,
    request: ComputeCalls[Call]['request'],
    handOver: readonly Float32Array[],
    signal?: AbortSignal,
  ): Promise<ComputeCalls[Call]['reply']> {
    const thread = this.#thread;
    if (thread === undefined || this.#end !== undefined) {
      return Promise.reject(this.#end ?? new ComputeError('closed', 'start the compute thread first'));
    }
    if (signal?.aborted) return Promise.reject(cancelled(call, signal));
    this.#numCalls += 1;
    const id = this.#numCalls;
    const cancel = () => thread.postMessage({ id, call: 'cancel' });
    signal?.addEventListener('abort', cancel, { once: true });
    return new Promise<ComputeCalls[Call]['reply']>((resolve, reject) => {
      this.#open.set(id, { call, resolve, reject });
      thread.postMessage({ id, call, request }, buffersOf(handOver));
    }).finally(() => signal?.removeEventListener('abort', cancel));
  }

  #settle({ id, result, engine }: ComputeAnswer): void {
    this.#engine = engine;
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    switch (result.kind) {
      case 'reply':
        // The thread answers a call with that call's reply: ComputeCalls is the contract of both sides.
        open.resolve(result.reply as never);
        break;
      case 'cancelled':
        open.reject(cancelled(open.call));
        break;
      case 'error': {
        const cause = Object.assign(new Error(result.message), { name: result.name, stack: result.stack });
        open.reject(new ComputeError('failed', `${open.call}: ${result.message}`, { cause }));
      }
    }
  }

  #fail(cause: Error): void {
    if (this.#end !== undefined) return;
    const error = new ComputeError('crashed', `the compute thread ended: ${cause.message}`, { cause });
    this.#finish(error);
    this.#reportCrash(error);
  }

  #finish(end: ComputeError): void {
    this.#end ??= end;
    for (const { reject } of this.#open.values()) reject(this.#end);
    this.#open.clear();
  }
}

function arraysOf(inputs: RenderInputs): Float32Array[] {
  switch (inputs.kind) {
    case 'stylize':
      return [inputs.content, inputs.style];
    case 'mixed':
      return [inputs.content, inputs.styles, inputs.weights];
    case 'noise':
      return [inputs.noise];
  }
}

function cancelled(call: ComputeCall, signal?: AbortSignal): ComputeError {
  return new ComputeError('cancelled', `the call '${call}' was cancelled`, { cause: signal?.reason });
}

/** Lies beside this file, compiled as it is or not. */
function entryOf(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./compute-thread.${extension}`, import.meta.url);
}
