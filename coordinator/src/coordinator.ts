import { randomUUID } from 'node:crypto';
import { Deferred } from '@atelier/shared/async/deferred';
import { ignoring } from '@atelier/shared/async/ignoring';
import { openRunStores } from '@atelier/shared/checkpoint/run-stores';
import { systemDisk } from '@atelier/shared/disk/system-disk';
import { systemClock } from '@atelier/shared/time/system-clock';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { Closing } from './closing.ts';
import { GrpcServer } from './grpc/grpc-server.ts';
import { HttpServer } from './http/http-server.ts';
import { openPageToken } from './http/page-token.ts';
import type { RunOutcome } from './life/run-outcome.ts';
import { CoordinatorMetrics } from './metrics/coordinator-metrics.ts';
import { type OpenedRun, openRun, type RunSettings } from './opened-run.ts';
import { NatsCommands } from './operator/nats-commands.ts';
import { Operator } from './operator/operator.ts';
import { DataPlane } from './run/data-plane.ts';
import type { Run } from './run/run.ts';

const GRACE_MS = 5_000;

export interface CoordinatorOptions extends RunSettings {
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
}

export interface CoordinatorModules {
  readonly log: Logger;
}

/**
 * Serves one run: workers join it, its steps are computed and committed, a person watches and steers it. The whole
 * process is this and an exit code.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #modules: CoordinatorModules;
  readonly #closing: Closing;
  readonly #leave = new Deferred<void>();
  readonly #finished = new Deferred<RunOutcome>();
  #run: Run | undefined;
  /** Also of a run that is not there yet. */
  #stopAsked: { readonly checkpoint: boolean; readonly reconnect: boolean } | undefined;

  constructor(options: CoordinatorOptions, modules: CoordinatorModules) {
    this.#options = options;
    this.#modules = modules;
    this.#closing = new Closing(modules);
    void ignoring(this.finished, 'whoever awaits start has the error already');
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
      if (this.#stopAsked !== undefined) void run.stop(this.#stopAsked);
      return addresses;
    } catch (error) {
      await this.#closing.closeAll();
      this.#finished.reject(error);
      throw error;
    }
  }

  /**
   * Checkpoints, tells the workers, and closes everything; again and again if one likes. One that is asked while it starts
   * does so when it has started.
   * @param options.reconnect whether the workers shall come back, to the next life of this coordinator
   */
  async stop(
    options: { readonly checkpoint?: boolean; readonly reconnect?: boolean } = {},
  ): Promise<RunOutcome> {
    const { checkpoint = true, reconnect = false } = options;
    this.#leave.resolve();
    this.#stopAsked = { checkpoint, reconnect };
    await this.#run?.stop({ checkpoint, reconnect });
    return this.finished;
  }

  async #openRun(): Promise<OpenedRun & { readonly registry: Registry }> {
    const { log } = this.#modules;
    const machine = {
      clock: systemClock,
      disk: systemDisk,
      newId: randomUUID,
      openStores: openRunStores,
      log,
    };
    const opened = await openRun(this.#options, { ...machine, closing: this.#closing });
    const { registry } = new CoordinatorMetrics(opened);
    await opened.run.begin();
    this.#closing.add(async () => {
      await opened.run.stop({ checkpoint: false, reconnect: true });
    });
    return { ...opened, registry };
  }

  async #serve(
    opened: OpenedRun & { readonly registry: Registry },
  ): Promise<{ readonly address: string; readonly http: string }> {
    const { run, reception, folder, nats } = opened;
    const { listen = '127.0.0.1:0', graceMs = GRACE_MS, stay = false } = this.#options;
    const { log } = this.#modules;
    const stop = (how: { readonly checkpoint: boolean }) =>
      void (stay ? run.stop({ ...how, reconnect: false }) : this.stop(how));
    const operator = new Operator({ run, reception, clock: systemClock, stop });
    const server = new GrpcServer({
      run,
      notes: run,
      dataPlane: new DataPlane({ run }),
      reception,
      operator,
      log,
    });
    const address = await server.start(listen);
    this.#closing.add(() => server.stop(graceMs));
    if (nats !== undefined) {
      const commands = new NatsCommands({ bus: nats, operator, log });
      this.#closing.add(() => commands.stop());
    }
    const http = await this.#serveHttp(opened, operator);
    await folder.announce({ address, http, pid: process.pid, incarnation: run.identity.incarnation });
    this.#closing.add(() => folder.withdraw());
    void run.stopping.then(() => server.withdraw());
    log.info({ address, http }, 'listening');
    return { address, http };
  }

  async #serveHttp(
    { run, folder, registry }: OpenedRun & { readonly registry: Registry },
    operator: Operator,
  ): Promise<string> {
    const { http = '127.0.0.1:0', pageToken, graceMs = GRACE_MS } = this.#options;
    const { log } = this.#modules;
    const token = await openPageToken(folder.path, pageToken);
    const server = new HttpServer({ listen: http, token }, { run, folder, operator, registry, log });
    this.#closing.add(() => server.stop(graceMs));
    return server.start();
  }

  async #close(outcome: RunOutcome): Promise<void> {
    await this.#closing.closeAll();
    this.#finished.resolve(outcome);
  }
}
