import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ReducerClient } from '@atelier/proto/generated/atelier/v1/Reducer';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import { createReducerClient } from '@atelier/proto/services';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Logger } from 'pino';
import type { ComputeClient } from './compute/compute-client.ts';
import { ControlClient } from './grpc/control-client.ts';
import { MetricsServer } from './http/metrics-server.ts';
import { LoadedRun } from './loaded-run/loaded-run.ts';
import { WorkerMetrics } from './metrics/worker-metrics.ts';
import { Participation, type ParticipationEnd } from './participation/participation.ts';

export interface WorkerOptions {
  /** host:port */
  readonly coordinator: string;
  /** Default: the host's name and the process id. */
  readonly name?: string | undefined;
  /** Overrides the run's config: `gpu` refuses to work without one. */
  readonly device?: RunConfig['engine']['device'] | undefined;
  /** host:port to serve /metrics, /healthz and /readyz at; port 0 takes a free one. Default: nowhere. */
  readonly metrics?: string | undefined;
  /** Wait for the next run when one is over, instead of ending. Default: false. */
  readonly stay?: boolean | undefined;
  /** For what is held to be finished after `drain`. Default 30,000 ms. */
  readonly graceMs?: number | undefined;
  /** For one attempt to reach the coordinator. Default 10,000 ms. */
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * How a worker's life ended. `over`: the coordinator said so (`reason`: completed, stopped or failed), and it was not to stay. `drained`: let
 * go, or out of grace (`isClean` false: what it held is computed by another). `halted`: by `stop`. `broken`: it cannot
 * take part; the error says why.
 */
export type WorkerOutcome =
  | Exclude<ParticipationEnd, { readonly kind: 'lost' | 'drained' }>
  | { readonly kind: 'drained'; readonly isClean: boolean }
  | { readonly kind: 'halted' }
  | { readonly kind: 'broken'; readonly error: unknown };

interface Loading {
  readonly configJson: string;
  readonly run: Promise<LoadedRun>;
  /** Loading may wait for a store that is away. */
  readonly giveUp: AbortController;
}

type WorkerState =
  | { readonly kind: 'new' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'member'; readonly participation: Participation }
  | { readonly kind: 'done' };

/**
 * A worker process's whole life: joins the coordinator, works, and joins again whenever the connection, its lease or
 * the coordinator is lost. It holds nothing that matters, so it may end at any moment.
 */
export class Worker {
  /** Never rejects. */
  readonly finished: Promise<WorkerOutcome>;
  readonly id: string;
  readonly name: string;
  readonly #options: WorkerOptions;
  readonly #log: Logger;
  readonly #control: ControlClient;
  readonly #reducer: ReducerClient;
  readonly #memory: SharedMemory;
  readonly #metrics: WorkerMetrics;
  readonly #metricsServer: MetricsServer | undefined;
  readonly #ended = new AbortController();
  #finish: (outcome: WorkerOutcome) => void = () => {};
  #state: WorkerState = { kind: 'new' };
  #compute: ComputeClient | undefined;
  #loaded: Loading | undefined;
  #outcomeOfEnd: WorkerOutcome = { kind: 'halted' };
  #graceTimer: NodeJS.Timeout | undefined;
  /** The last run is over, and no other has begun. */
  #isWaiting = false;

  constructor(options: WorkerOptions, modules: { readonly log: Logger }) {
    this.#options = options;
    this.name = options.name ?? `${hostname()}-${process.pid}`;
    this.id = `${this.name}-${randomBytes(4).toString('hex')}`;
    this.#log = modules.log.child({ worker: this.id });
    const { coordinator: address, connectTimeoutMs = 10_000 } = options;
    this.#control = new ControlClient({ address, connectTimeoutMs }, { log: this.#log });
    this.#reducer = createReducerClient(address);
    this.#memory = new SharedMemory({
      onOff: (reason) => this.#log.warn({ reason }, 'shared memory is not available; all bytes go by gRPC'),
    });
    const isIn = () => this.#state.kind === 'member' && this.#state.participation.isAccepted;
    this.#metrics = new WorkerMetrics({ name: this.name }, { isIn, engine: () => this.#compute?.engine });
    const { registry } = this.#metrics;
    if (options.metrics !== undefined)
      this.#metricsServer = new MetricsServer(options.metrics, {
        registry,
        isReady: () => isIn() || this.#isWaiting,
      });
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Returns at once; `finished` tells the end. */
  start(): void {
    if (this.#state.kind !== 'new') return;
    this.#state = { kind: 'connecting' };
    void this.#live().then(async (outcome) => {
      this.#state = { kind: 'done' };
      clearTimeout(this.#graceTimer);
      this.#control.close();
      this.#reducer.close();
      this.#memory.close();
      await this.#unload();
      await this.#metricsServer?.stop();
      this.#log.info({ outcome: outcome.kind }, 'worker ended');
      this.#finish(outcome);
    });
  }

  /** Finishes what is held, then leaves; after `graceMs` it leaves anyway. Idempotent. */
  drain(reason: string): void {
    if (this.#graceTimer !== undefined || this.#state.kind === 'done') return;
    this.start();
    this.#log.info({ reason }, 'draining');
    this.#graceTimer = setTimeout(
      () => this.#end({ kind: 'drained', isClean: false }),
      this.#options.graceMs ?? 30_000,
    );
    if (this.#state.kind === 'member') this.#state.participation.drain(reason);
    else this.#end({ kind: 'drained', isClean: true });
  }

  /** Leaves now. Idempotent; resolves when the worker has ended. */
  async stop(): Promise<void> {
    this.start();
    this.#end({ kind: 'halted' });
    await this.finished;
  }

  async #live(): Promise<WorkerOutcome> {
    try {
      const metrics = await this.#metricsServer?.start();
      if (metrics !== undefined) this.#log.info({ metrics }, 'metrics are served');
      for (;;) {
        const end = await this.#join();
        if (this.#ended.signal.aborted) return this.#outcomeOfEnd;
        if (end.kind === 'drained') return { kind: 'drained', isClean: true };
        if (end.kind === 'over' && this.#options.stay === true && this.#graceTimer === undefined) {
          await this.#waitForNext(end.reason);
          continue;
        }
        if (end.kind !== 'lost') return end;
        // With the membership went everything that was held.
        if (this.#graceTimer !== undefined) return { kind: 'drained', isClean: false };
        this.#log.warn({ reason: end.reason }, 'no longer a member of the run; joining again');
      }
    } catch (error) {
      if (this.#ended.signal.aborted) return this.#outcomeOfEnd;
      this.#log.error({ err: error }, 'this worker cannot take part');
      return { kind: 'broken', error };
    }
  }

  /** Holds nothing meanwhile: neither memory nor a GPU. */
  async #waitForNext(reason: string): Promise<void> {
    this.#state = { kind: 'connecting' };
    if (!this.#isWaiting) this.#log.info({ reason }, 'run ended; waiting for the next run');
    this.#isWaiting = true;
    await this.#unload();
  }

  async #join(): Promise<ParticipationEnd> {
    this.#state = { kind: 'connecting' };
    const hello = {
      workerId: this.id,
      name: this.name,
      host: hostname(),
      pid: process.pid,
      protocolVersion: PROTOCOL_VERSION,
      memoryId: this.#memory.id,
    };
    const stream = await this.#control.connect(hello, this.#ended.signal);
    if (this.#ended.signal.aborted) {
      stream.close();
      return { kind: 'drained' };
    }
    const participation = new Participation({
      stream,
      reducer: this.#reducer,
      memory: this.#memory,
      log: this.#log,
      metrics: this.#metrics,
      loadRun: (configJson) => {
        this.#isWaiting = false;
        return this.#load(configJson);
      },
      onAccepted: () => this.#control.succeeded(),
    });
    this.#state = { kind: 'member', participation };
    return participation.run();
  }

  /** What is loaded serves every membership in a run of the same config. */
  async #load(configJson: string): Promise<LoadedRun> {
    if (this.#loaded?.configJson !== configJson) {
      await this.#unload();
      const giveUp = new AbortController();
      const { device } = this.#options;
      const run = LoadedRun.open(configJson, { device, log: this.#log, signal: giveUp.signal });
      this.#loaded = { configJson, run, giveUp };
    }
    const run = await this.#loaded.run;
    this.#compute = run.compute;
    return run;
  }

  async #unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    loaded?.giveUp.abort();
    this.#compute = undefined;
    const [run] = await Promise.allSettled([loaded?.run]);
    if (run.status === 'fulfilled') await run.value?.close();
  }

  #end(outcome: WorkerOutcome): void {
    if (this.#ended.signal.aborted) return;
    this.#outcomeOfEnd = outcome;
    this.#ended.abort();
    if (this.#state.kind === 'member') this.#state.participation.end('worker ends');
  }
}
