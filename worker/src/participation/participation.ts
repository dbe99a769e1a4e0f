import { bodyOf } from '@atelier/proto/body-of';
import type { Assignment } from '@atelier/proto/generated/atelier/v1/Assignment';
import type { CoordinatorMessage } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { ReducerClient } from '@atelier/proto/generated/atelier/v1/Reducer';
import type { Render } from '@atelier/proto/generated/atelier/v1/Render';
import type { Welcome } from '@atelier/proto/generated/atelier/v1/Welcome';
import type { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Logger } from 'pino';
import type { ControlStream } from '../grpc/control-client.ts';
import { DataPlane } from '../grpc/data-plane.ts';
import type { LoadedRun } from '../loaded-run/loaded-run.ts';
import { WorkerError } from '../loaded-run/worker-error.ts';
import type { WorkerMetrics } from '../metrics/worker-metrics.ts';
import { BlockWorker } from './block-worker.ts';
import { type Activity, Heartbeat } from './heartbeat.ts';
import { SampleRenderer } from './sample-renderer.ts';

/** How a session ended for the worker. Only `lost` is a reason to come back. */
export type ParticipationEnd =
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'over'; readonly reason: string }
  | { readonly kind: 'drained' };

/** This session is over, another may begin. */
const REJOIN_CODES: ReadonlySet<string> = new Set(['unknown-session', 'wrong-incarnation']);

const UNKNOWN_MESSAGE =
  'the coordinator sent a message that this worker does not know: install the same version of Atelier on both machines';

export interface ParticipationModules {
  readonly stream: ControlStream;
  readonly reducer: ReducerClient;
  readonly memory: SharedMemory;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
  readonly loadRun: (configJson: string) => Promise<LoadedRun>;
  readonly onAccepted: () => void;
}

/** What exists once the run is loaded. */
interface LoadedParts {
  readonly run: LoadedRun;
  readonly dataPlane: DataPlane;
  readonly blocks: BlockWorker;
  readonly renderer: SampleRenderer;
}

/** A worker's side of one session: from the coordinator's first word to the end of the stream. */
export class Participation {
  readonly #modules: ParticipationModules;
  readonly #log: Logger;
  readonly #closed = new AbortController();
  readonly #heartbeat: Heartbeat;
  #parts: LoadedParts | undefined;
  #end: ParticipationEnd = { kind: 'lost', reason: 'the control stream ended' };
  #isAccepted = false;

  constructor(modules: ParticipationModules) {
    this.#modules = modules;
    this.#log = modules.log;
    this.#heartbeat = new Heartbeat({
      pulse: () => ({
        step: this.#parts?.blocks.step ?? 0,
        activity: this.#activity,
        numTensors: this.#parts?.run.compute.engine?.numTensors ?? 0,
      }),
      send: (heartbeat) => modules.stream.send({ heartbeat }),
    });
  }

  /**
   * Takes part until the end.
   * @throws WorkerError | DatasetError | ComputeError when this worker cannot load the run, does not understand the
   * coordinator, or its thread is gone
   */
  async run(): Promise<ParticipationEnd> {
    let fail: (error: unknown) => void = () => {};
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    try {
      return await Promise.race([this.#listen(fail), failed]);
    } finally {
      this.#closed.abort();
      this.#heartbeat.stop();
      this.#modules.stream.close();
      await this.#parts?.blocks.close();
      this.#parts?.dataPlane.close();
    }
  }

  /** Whether the coordinator has let this worker in, and not out again. */
  get isAccepted(): boolean {
    return this.#isAccepted && !this.#closed.signal.aborted;
  }

  /** Asks to be let go once nothing is outstanding. */
  drain(reason: string): void {
    if (this.#isAccepted) {
      this.#modules.stream.send({ drainRequest: { reason } });
    } else {
      this.#end = { kind: 'drained' };
      this.#modules.stream.close();
    }
  }

  /** Ends the session now, as lost. */
  end(reason: string): void {
    this.#end = { kind: 'lost', reason };
    this.#modules.stream.close();
  }

  get #activity(): Activity {
    if (this.#parts?.renderer.isRendering) return 'render';
    return this.#parts?.blocks.activity ?? 'idle';
  }

  async #listen(fail: (error: unknown) => void): Promise<ParticipationEnd> {
    for await (const message of this.#modules.stream.messages) {
      const end = this.#hear(message, fail);
      if (end !== undefined) return end;
    }
    return this.#end;
  }

  #hear(message: CoordinatorMessage, fail: (error: unknown) => void): ParticipationEnd | undefined {
    const body = bodyOf(message);
    switch (body?.kind) {
      case 'welcome':
        this.#enter(body.value).catch(fail);
        return undefined;
      case 'refused': {
        const { code, message: reason } = body.value;
        return REJOIN_CODES.has(code) ? { kind: 'lost', reason } : { kind: 'refused', code, message: reason };
      }
      case 'initialize':
        this.#initialize().catch((error: unknown) => this.#giveUp('initial values not pushed', error));
        return undefined;
      case 'accepted':
        this.#accept(body.value.step);
        return undefined;
      case 'assignment':
        this.#assign(body.value);
        return undefined;
      case 'revoke':
        this.#parts?.blocks.revoke(body.value.step, body.value.blocks);
        return undefined;
      case 'render':
        void this.#render(body.value);
        return undefined;
      case 'drained':
        return { kind: 'drained' };
      case 'stop': {
        const { reason, reconnect } = body.value;
        return reconnect ? { kind: 'lost', reason } : { kind: 'over', reason };
      }
      case undefined:
        throw new WorkerError('unknown-message', UNKNOWN_MESSAGE);
      default:
        return body satisfies never;
    }
  }

  async #enter(welcome: Welcome): Promise<void> {
    const { runId, incarnation, sessionId, memoryId } = welcome;
    this.#heartbeat.start(welcome.heartbeatMs);
    const run = await this.#modules.loadRun(welcome.configJson);
    if (this.#closed.signal.aborted) return;
    const { layoutHash, engine, definition, compute } = run;
    const { stream, reducer, memory, metrics } = this.#modules;
    const identity = { runId, incarnation, sessionId, layoutHash };
    const dataPlane = new DataPlane({ identity, memoryId }, { client: reducer, memory, metrics });
    const transport = memory.isSharedWith(memoryId) ? 'memory' : 'grpc';
    this.#log.info({ transport }, 'transport of tensors chosen');
    const blocks = new BlockWorker({
      run,
      dataPlane,
      metrics,
      log: this.#log,
      reportFailure: (step, node, message) => stream.send({ blockFailed: { step, node, message } }),
      onExpelled: (reason) => this.end(reason),
    });
    this.#parts = { run, dataPlane, blocks, renderer: new SampleRenderer({ run, dataPlane, metrics }) };
    stream.send({
      ready: {
        fingerprintJson: JSON.stringify(engine.fingerprint),
        definitionJson: JSON.stringify(definition),
        device: engine.device,
      },
    });
    throw await compute.crashed;
  }

  async #initialize(): Promise<void> {
    if (this.#parts === undefined) return;
    const { run, dataPlane } = this.#parts;
    const status = await dataPlane.pushInitial(await run.compute.initialize(), this.#closed.signal);
    this.#log.info({ status }, 'initial values pushed');
  }

  #accept(step: number): void {
    this.#isAccepted = true;
    this.#modules.onAccepted();
    const device = this.#parts?.run.engine.device ?? '';
    this.#modules.metrics.joined(device);
    this.#log.info({ step, device }, 'joined the run');
  }

  #assign({ step, blocks, parameters, reason, reducers }: Assignment): void {
    this.#log.debug({ step, blocks, reason }, 'assigned');
    this.#parts?.blocks.assign(step, blocks, parameters, reducers ?? undefined);
  }

  async #render({ step, iteration }: Render): Promise<void> {
    try {
      await this.#parts?.renderer.render({ step, iteration }, this.#closed.signal);
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#log.warn({ step, err: error }, 'sample not rendered');
      const message = error instanceof Error ? error.message : String(error);
      this.#modules.stream.send({ renderFailed: { step, message } });
    }
  }

  #giveUp(what: string, error: unknown): void {
    if (this.#closed.signal.aborted) return;
    this.#log.warn({ err: error }, what);
    this.end(what);
  }
}
