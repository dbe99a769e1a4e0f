import { randomUUID } from 'node:crypto';
import { Deferred } from '@atelier/shared/async/deferred';
import { openRunStores } from '@atelier/shared/checkpoint/run-stores';
import type { NatsCredentials } from '@atelier/shared/config/nats-credentials';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { systemDisk } from '@atelier/shared/disk/system-disk';
import { systemClock } from '@atelier/shared/time/system-clock';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { Alerting } from './alert/alerting.ts';
import { NatsCommands } from './events/nats-commands.ts';
import type { NatsEventBus } from './events/nats-event-bus.ts';
import { openEvents } from './events/open-events.ts';
import { GrpcServer } from './grpc/grpc-server.ts';
import { HttpServer } from './http/http-server.ts';
import { openPageToken } from './http/page-token.ts';
import { CoordinatorMetrics } from './metrics/coordinator-metrics.ts';
import { Operator } from './operator/operator.ts';
import { Run } from './run/run.ts';
import type { RunOutcome } from './run/run-outcome.ts';
import { Reception } from './sessions/reception.ts';
import type { RunFolder } from './storage/run-folder.ts';
import { openRunStorage } from './storage/run-storage.ts';

const GRACE_MS = 5_000;

export interface CoordinatorOptions {
  readonly config: RunConfig;
  /** The run's folder: new or empty, or with `resume` that of a run to go on with. */
  readonly folder: string;
  /** Go on with the run in the folder, if there is one. Default: false, an existing run is refused. */
  readonly resume?: boolean;
  /** host:port to listen on; port 0 takes a free one. Default: 127.0.0.1:0. */
  readonly listen?: string;
  /** host:port of metrics, health and page; port 0 takes a free one. Default: 127.0.0.1:0. */
  readonly http?: string;
  /** What the page's buttons need. Default: a random one, kept in the run's folder. */
  readonly pageToken?: string | undefined;
  /** Go on serving when the run is over, until `stop`. Default: false, a run's end is the coordinator's. */
  readonly stay?: boolean;
  /** How long open calls may finish when the coordinator stops, in ms. Default: 5,000. */
  readonly graceMs?: number;
  /** How long a completed run waits for its last sample grid, in ms. Default: 60,000. */
  readonly finalSampleMs?: number;
  /** Who the coordinator is to the event server. */
  readonly natsCredentials?: NatsCredentials | undefined;
  /** How long the beginning waits for the store of the checkpoints, in ms. Default: 30,000. */
  readonly storeWaitMs?: number;
  /** How long the end tries to save the last checkpoint before the run's folder keeps it, in ms. Default: 20,000. */
  readonly finalSaveMs?: number;
  /** How long a complete run waits for its last evaluation while the evaluator says nothing, in ms. Default: 60,000. */
  readonly evaluatorPatienceMs?: number;
}

export interface CoordinatorModules {
  readonly log: Logger;
}

interface OpenedRun {
  readonly run: Run;
  readonly folder: RunFolder;
  /** Of its metrics. */
  readonly registry: Registry;
  readonly nats: NatsEventBus | undefined;
}

/**
 * Serves one run: workers join it, its steps are computed and committed, a person watches and steers it. The whole
 * process is this and an exit code.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #modules: CoordinatorModules;
  readonly #closing: (() => Promise<void> | void)[] = [];
  readonly #leave = new Deferred<void>();
  readonly #finished = new Deferred<RunOutcome>();
  #run: Run | undefined;

  constructor(options: CoordinatorOptions, modules: CoordinatorModules) {
    this.#options = options;
    this.#modules = modules;
    // Whoever awaits `start` has the error already.
    this.finished.catch(() => {});
  }

  /** How it ended; resolves when everything is closed. Rejects only if `start` did. */
  get finished(): Promise<RunOutcome> {
    return this.#finished.promise;
  }

  /**
   * Opens the folder, loads the newest good checkpoint, and listens.
   * @returns the addresses to reach it at, host:port
   * @throws RunFolderError, ObjectStoreError, JournalError, TrainingStateError, HttpError; what was opened is closed again
   */
  async start(): Promise<{ readonly address: string; readonly http: string }> {
    try {
      const opened = await this.#openRun();
      const addresses = await this.#serve(opened);
      const { run } = opened;
      this.#run = run;
      if (this.#options.stay !== true) this.#leave.resolve();
      void Promise.all([run.finished, this.#leave.promise]).then(([outcome]) => this.#close(outcome));
      return addresses;
    } catch (error) {
      await this.#closeAll();
      this.#finished.reject(error);
      throw error;
    }
  }

  /**
   * Checkpoints, tells the workers, and closes everything; again and again if one likes.
   * @param options.reconnect whether the workers shall come back, to the next life of this coordinator
   */
  async stop(
    options: { readonly checkpoint?: boolean; readonly reconnect?: boolean } = {},
  ): Promise<RunOutcome> {
    const { checkpoint = true, reconnect = false } = options;
    this.#leave.resolve();
    await this.#run?.stop({ checkpoint, reconnect });
    return this.finished;
  }

  async #openRun(): Promise<OpenedRun> {
    const { config, resume = false, natsCredentials: credentials } = this.#options;
    const { storeWaitMs = 30_000, finalSampleMs = 60_000, finalSaveMs = 20_000 } = this.#options;
    const { evaluatorPatienceMs = 60_000 } = this.#options;
    const { log } = this.#modules;
    const machine = { clock: systemClock, disk: systemDisk, newId: randomUUID, log };
    const options = { config, folder: this.#options.folder, resume, storeWaitMs };
    const storage = await openRunStorage(options, { ...machine, openStores: openRunStores });
    const { folder, journal } = storage;
    this.#closing.push(() => journal.close());
    const { events, nats } = await openEvents({ folder, config, credentials }, machine);
    this.#closing.push(() => events.close());
    const { runId } = folder.record;
    const identity = { runId, incarnation: randomUUID() };
    const run = new Run(
      { config, identity, finalSampleMs, finalSaveMs, storeWaitMs, evaluatorPatienceMs },
      { ...storage, ...machine, events },
    );
    this.#closing.push(() => {
      run.memory.close();
      run.published.close();
    });
    const { registry } = new CoordinatorMetrics({ run });
    const alerting = new Alerting({ run, clock: systemClock });
    this.#closing.push(() => alerting.stop());
    await run.begin();
    this.#closing.push(async () => {
      await run.stop({ checkpoint: false, reconnect: true });
    });
    return { run, folder, registry, nats };
  }

  async #serve(opened: OpenedRun): Promise<{ readonly address: string; readonly http: string }> {
    const { run, folder, nats } = opened;
    const { listen = '127.0.0.1:0', graceMs = GRACE_MS, stay = false } = this.#options;
    const { log } = this.#modules;
    const reception = new Reception({ run });
    const stop = (how: { readonly checkpoint: boolean }) =>
      void (stay ? run.stop({ ...how, reconnect: false }) : this.stop(how));
    const operator = new Operator({ run, reception, clock: systemClock, stop });
    const server = new GrpcServer({ run, reception, operator, log });
    const address = await server.start(listen);
    this.#closing.push(() => server.stop(graceMs));
    if (nats !== undefined) {
      const commands = new NatsCommands({ bus: nats, operator, log });
      this.#closing.push(() => commands.stop());
    }
    const http = await this.#serveHttp(opened, operator);
    await folder.announce({ address, http, pid: process.pid, incarnation: run.identity.incarnation });
    this.#closing.push(() => folder.withdraw());
    void run.stopping.then(() => server.withdraw());
    log.info({ address, http }, 'listening');
    return { address, http };
  }

  async #serveHttp({ run, folder, registry }: OpenedRun, operator: Operator): Promise<string> {
    const { http = '127.0.0.1:0', pageToken, graceMs = GRACE_MS } = this.#options;
    const { log } = this.#modules;
    const token = await openPageToken(folder.path, pageToken);
    const server = new HttpServer({ listen: http, token }, { run, folder, operator, registry, log });
    this.#closing.push(() => server.stop(graceMs));
    return server.start();
  }

  async #close(outcome: RunOutcome): Promise<void> {
    await this.#closeAll();
    this.#finished.resolve(outcome);
  }

  /** In the reverse order of opening, each whatever became of the one before. */
  async #closeAll(): Promise<void> {
    for (let close = this.#closing.pop(); close !== undefined; close = this.#closing.pop()) {
      try {
        await close();
      } catch (error) {
        this.#modules.log.error({ err: error }, 'not closed cleanly');
      }
    }
  }
}
