import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@atelier/shared/time/system-clock';
import { isAlive, readCoordinatorFile } from '../operator/find-coordinator.ts';
import { OperatorClient, type WatchItem } from '../operator/operator-client.ts';
import { pageAddress } from '../operator/page-address.ts';
import { lastRunEvent } from '../run-folder/run-state.ts';
import { canListen } from './can-listen.ts';
import { Child, type ChildOptions } from './child.ts';
import { lastErrorIn } from './last-error.ts';
import { type ChildExit, Supervision } from './supervision.ts';

// Over 250 lines: how processes of four kinds start, die and end together.

export interface LocalClusterOptions {
  readonly folder: string;
  readonly configPath: string;
  readonly numWorkers: number;
  /** Reducer processes; none where the coordinator is the reducer. */
  readonly numReducers: number;
  readonly resume: boolean;
  /** Whether an evaluator measures the run's checkpoints beside the workers. */
  readonly evaluates: boolean;
  /** 0: any free one. */
  readonly port: number;
  /** Of metrics, health and page. 0: any free one. */
  readonly httpPort: number;
  readonly device?: string | undefined;
  /** Of the first worker's metrics; the others' are the ports after it. Default: they serve none. */
  readonly workerMetricsPort?: number | undefined;
}

export interface ClusterListener {
  watched(item: WatchItem): void;
  /** For a person: what has happened to a process. */
  noted(line: string): void;
}

export type ClusterOutcome =
  | { readonly kind: 'completed' | 'stopped' }
  | { readonly kind: 'failed'; readonly reason: string };

const POLL_MS = 100;
const START_DEADLINE_MS = 60_000;
/** From the end of the run until a worker that is still there is ended. */
const WORKER_GRACE_MS = 15_000;

/**
 * A coordinator, some workers and perhaps an evaluator as processes of this machine, started again when they die. Every process may be
 * killed at any moment: that is what the system is for.
 */
export class LocalCluster {
  readonly #options: LocalClusterOptions;
  readonly #listener: ClusterListener;
  readonly #supervision = new Supervision();
  readonly #children = new Map<string, Child>();
  readonly #ended = new AbortController();
  /** Workers that are there or will be again. */
  readonly #crew = new Set<string>();
  /** Whether there is an evaluator, or will be again. */
  #evaluates: boolean;
  #address: string | undefined;
  #http: string | undefined;
  #operator: OperatorClient | undefined;
  #outcome: ClusterOutcome | undefined;

  constructor(options: LocalClusterOptions, listener: ClusterListener) {
    this.#options = options;
    this.#evaluates = options.evaluates;
    this.#listener = listener;
  }

  /** Starts everything and resolves when all processes have ended. */
  async run(): Promise<ClusterOutcome> {
    const { numWorkers, numReducers, resume } = this.#options;
    const supervised = [this.#superviseCoordinator(resume)];
    const address = await this.#whenListening();
    if (address !== undefined) {
      this.#operator = new OperatorClient(address);
      this.#listener.noted(`page: ${await pageAddress(this.#options.folder)}`);
      supervised.push(this.#watch(this.#operator));
      for (let number = 1; number <= numReducers; number++)
        supervised.push(this.#superviseReducer(number, address));
      for (let number = 1; number <= numWorkers; number++) {
        this.#crew.add(`worker-${number}`);
        supervised.push(this.#superviseWorker(number, address));
      }
      supervised.push(this.#superviseEvaluator());
    }
    await Promise.all(supervised);
    this.#operator?.close();
    return this.#outcome ?? { kind: 'stopped' };
  }

  /** Asks the run to checkpoint and end. */
  async stop(): Promise<void> {
    if (this.#operator === undefined || this.#address === undefined) {
      this.kill();
      return;
    }
    await this.#operator.stop({ checkpoint: true });
  }

  /** Ends every process at once; what was not yet in a checkpoint is computed again on resuming. */
  kill(): void {
    this.#end({ kind: 'stopped' });
    for (const child of this.#children.values()) child.signal('SIGKILL');
  }

  async #superviseCoordinator(resume: boolean): Promise<void> {
    let resumes = resume;
    while (!this.#ended.signal.aborted) {
      const exit = await this.#start({
        role: 'coordinator',
        name: 'coordinator',
        args: [
          'coordinator',
          // From its second life on it reads the config that it has kept: the given file may have changed.
          resumes && !resume ? join(this.#options.folder, 'config.json') : this.#options.configPath,
          '--out',
          this.#options.folder,
          '--listen',
          this.#address ?? `127.0.0.1:${this.#options.port}`,
          '--http',
          await this.#pageAddress(),
          ...(resumes ? ['--resume'] : []),
        ],
      });
      // One that ended before it began the run has nothing to go on with.
      resumes ||= existsSync(join(this.#options.folder, 'run.json'));
      await this.#settle(exit);
    }
  }

  async #superviseWorker(number: number, address: string): Promise<void> {
    const name = `worker-${number}`;
    const { device, workerMetricsPort } = this.#options;
    const metrics =
      workerMetricsPort === undefined ? undefined : `127.0.0.1:${workerMetricsPort + number - 1}`;
    while (!this.#ended.signal.aborted && this.#crew.has(name)) {
      const deviceArgs = device === undefined ? [] : ['--device', device];
      const metricsArgs = metrics === undefined ? [] : ['--metrics', metrics];
      const args = ['worker', '--coordinator', address, '--name', name, ...deviceArgs, ...metricsArgs];
      await this.#settle(await this.#start({ role: 'worker', name, args }));
    }
  }

  /** It finds the coordinator by the run's folder, whichever life of it there is. */
  async #superviseEvaluator(): Promise<void> {
    while (!this.#ended.signal.aborted && this.#evaluates) {
      const args = ['evaluate', '--run', this.#options.folder, '--follow'];
      await this.#settle(
        await this.#start({ role: 'evaluator', name: 'evaluator', args, yieldsToOthers: true }),
      );
    }
  }

  async #superviseReducer(number: number, address: string): Promise<void> {
    const name = `reducer-${number}`;
    const args = ['reducer', '--coordinator', address, '--name', name];
    for (let goesOn = true; goesOn && !this.#ended.signal.aborted; )
      goesOn = await this.#settle(await this.#start({ role: 'reducer', name, args }));
  }

  async #start(options: Omit<ChildOptions, 'logFile'>): Promise<ChildExit> {
    const child = new Child({
      ...options,
      logFile: join(this.#options.folder, 'logs', `${options.name}.log`),
    });
    this.#children.set(child.name, child);
    return child.exited;
  }

  /**
   * Where it was, so that an open page goes on. Where somebody has taken the port meanwhile it is another one: a page is
   * no reason to stop training.
   */
  async #pageAddress(): Promise<string> {
    if (this.#http === undefined) return `127.0.0.1:${this.#options.httpPort}`;
    return (await canListen(this.#http)) ? this.#http : '127.0.0.1:0';
  }

  /** @returns whether it is to be started again */
  async #settle(exit: ChildExit): Promise<boolean> {
    if (this.#ended.signal.aborted) return false;
    const numOtherWorkers = [...this.#crew].filter((name) => name !== exit.name).length;
    const lastEvent = await lastRunEvent(this.#options.folder);
    const hasRunFailed = lastEvent === 'run.failed';
    const decision = this.#supervision.decide(exit, { hasRunFailed, numOtherWorkers });
    switch (decision.type) {
      case 'restart':
        this.#listener.noted(
          `${decision.reason}; restarting it in ${(decision.afterMs / 1000).toFixed(1)} s`,
        );
        await systemClock.sleep(decision.afterMs, this.#ended.signal);
        break;
      case 'leave':
        this.#crew.delete(exit.name);
        if (exit.role === 'evaluator') this.#evaluates = false;
        if (exit.code !== 0) this.#listener.noted(await this.#explained(exit.name, decision.reason));
        break;
      case 'ended':
        this.#end({ kind: lastEvent === 'run.completed' ? 'completed' : 'stopped' });
        break;
      case 'give-up': {
        this.#end({ kind: 'failed', reason: await this.#explained(exit.name, decision.reason) });
      }
    }
    return decision.type === 'restart';
  }

  async #explained(name: string, reason: string): Promise<string> {
    const logFile = join(this.#options.folder, 'logs', `${name}.log`);
    const said = await lastErrorIn(logFile);
    return said === undefined ? `${reason}: see ${logFile}` : `${reason}: ${said} (${logFile})`;
  }

  /** The address of the first coordinator; undefined when the cluster has ended before there was one. */
  async #whenListening(): Promise<string | undefined> {
    const deadline = performance.now() + START_DEADLINE_MS;
    while (!this.#ended.signal.aborted) {
      const file = await readCoordinatorFile(this.#options.folder);
      const coordinator = this.#children.get('coordinator');
      if (file !== undefined && file.pid === coordinator?.pid && isAlive(file.pid)) {
        this.#address = file.address;
        this.#http = file.http;
        return file.address;
      }
      if (performance.now() > deadline) {
        this.#end({
          kind: 'failed',
          reason: await this.#explained('coordinator', 'the coordinator did not start'),
        });
      }
      await systemClock.sleep(POLL_MS, this.#ended.signal);
    }
    return undefined;
  }

  async #watch(operator: OperatorClient): Promise<void> {
    for await (const item of operator.watch(this.#ended.signal)) {
      this.#listener.watched(item);
    }
  }

  /**
   * The first call counts. Workers that are in have been told by the coordinator; one that still looks for it would
   * look for ever.
   */
  #end(outcome: ClusterOutcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#ended.abort();
    const children = [...this.#children.values()];
    for (const child of children) child.signal('SIGTERM');
    const deadline = setTimeout(() => {
      for (const child of children) child.signal('SIGKILL');
    }, WORKER_GRACE_MS);
    void Promise.all(children.map(({ exited }) => exited)).then(() => clearTimeout(deadline));
  }
}
