import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorClient } from '@atelier/cli/operator/operator-client';
import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import type { RunConfigInput } from '@atelier/shared/config/run-config';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { onTestFailed } from 'vitest';
import { AtelierProcess } from './atelier-process.ts';
import { FollowedRun } from './followed-run.ts';
import { freeAddress } from './free-address.ts';
import { type RunResult, resultOf } from './run-result.ts';
import { smallRun } from './small-run.ts';

// Over 250 lines: one cluster of processes, and what tests ask of it.

/** Of a wait. Only a machine that is much too busy, or a fault, comes near it. */
const DEADLINE_MS = 120_000;
const TAIL_EVENTS = 25;
/**
 * Of the coordinator, by the last of which it has taken all that had been sent to it before the first: it reads some of
 * what has come each time before it answers.
 */
const NUM_ANSWERS = 10;

/**
 * A coordinator and workers as real processes on loopback, at an address that stays when the coordinator is started
 * again. Disposing it ends every process and removes what they wrote; a test that fails shows their logs.
 */
export class Cluster implements AsyncDisposable {
  readonly address: string;
  /** host:port of the coordinator's page; it stays, too. */
  readonly http: string;
  readonly run: FollowedRun;
  readonly operator: OperatorClient;
  readonly #home: string;
  readonly #nodeOptions: string;
  readonly #processes: AtelierProcess[] = [];
  #coordinator: AtelierProcess | undefined;
  /** Kept by the disposal: a failure is told after it. */
  #report = '';

  private constructor(home: string, address: string, http: string, nodeOptions: string) {
    this.#home = home;
    this.#nodeOptions = nodeOptions;
    this.address = address;
    this.http = http;
    this.run = new FollowedRun(join(home, 'run'));
    this.operator = new OperatorClient(address);
  }

  /**
   * @param changes to the small run's config
   * @param nodeOptions of every process
   */
  static async start(changes: RunConfigChanges = {}, nodeOptions = ''): Promise<Cluster> {
    const home = await mkdtemp(join(tmpdir(), 'cluster-'));
    await writeConfig(home, changes);
    await mkdir(join(home, 'logs'));
    // Both are asked for at once, so that they differ.
    const [address, http] = await Promise.all([freeAddress(), freeAddress()]);
    const cluster = new Cluster(home, address, http, nodeOptions);
    onTestFailed(() => console.error(cluster.#report));
    try {
      await cluster.startCoordinator();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get folder(): string {
    return this.run.folder;
  }

  get coordinator(): AtelierProcess {
    if (this.#coordinator === undefined) throw new Error('no coordinator was started');
    return this.#coordinator;
  }

  /** At the same address each time, going on with the run that is there. Resolves when it listens. */
  async startCoordinator(): Promise<AtelierProcess> {
    const config = join(this.#home, 'config.yaml');
    const place = ['--out', this.folder, '--listen', this.address, '--http', this.http, '--resume'];
    const coordinator = this.#start('coordinator', ['coordinator', config, ...place]);
    this.#coordinator = coordinator;
    await this.until('the coordinator listens', () => this.run.coordinatorPid === coordinator.pid);
    return coordinator;
  }

  /** For the coordinator that is started next. */
  async reconfigure(changes: RunConfigChanges): Promise<void> {
    await writeConfig(this.#home, changes);
  }

  startReducer(name: string): AtelierProcess {
    return this.#start(name, ['reducer', '--coordinator', this.address, '--name', name]);
  }

  /** @param address where it finds the coordinator, if not directly */
  startWorker(name: string, address: string = this.address, ...options: readonly string[]): AtelierProcess {
    return this.#start(name, ['worker', '--coordinator', address, '--name', name, ...options]);
  }

  /** A worker that has been let in. */
  async joinWorker(name: string, ...options: readonly string[]): Promise<AtelierProcess> {
    const joined = this.untilJoined(name);
    const worker = this.startWorker(name, this.address, ...options);
    await joined;
    return worker;
  }

  /** Measures the run's checkpoints, as the config's `evaluate` asks for. */
  startEvaluator(): AtelierProcess {
    return this.#start('evaluator', ['evaluate', '--run', this.folder, '--follow']);
  }

  status(): Promise<RunStatus> {
    return this.operator.status();
  }

  /** Until the answer is neither undefined nor false; asked whenever something happens in the run. */
  async until<Answer>(what: string, ask: () => Answer | undefined | false): Promise<Answer> {
    const stop = new AbortController();
    const late = () => stop.abort(new Error(`waited ${DEADLINE_MS / 1000} s until ${what}`));
    const timer = setTimeout(late, DEADLINE_MS);
    void this.coordinator.exited.then(() => stop.abort(new Error(`the coordinator ended before ${what}`)));
    try {
      return await this.run.until(ask, stop.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Until the coordinator tells of a status that fits. */
  async untilStatus(what: string, fits: (status: RunStatus) => boolean): Promise<RunStatus> {
    for await (const item of this.operator.watch(AbortSignal.timeout(DEADLINE_MS))) {
      if (item.kind === 'status' && fits(item.status)) return item.status;
    }
    throw new Error(`waited ${DEADLINE_MS / 1000} s until ${what}`);
  }

  /** Until it stands still between two steps. */
  async pause(): Promise<RunStatus> {
    await this.operator.pause();
    return this.untilStatus('the run is paused', ({ state }) => state === 'paused');
  }

  /** Does what takes a while; however long it is, the run does not come to its end meanwhile. */
  async whilePaused<Result>(act: () => Promise<Result>): Promise<Result> {
    await this.pause();
    const result = await act();
    await this.operator.resume();
    return result;
  }

  /** The next event of the type that fits, from now on. */
  untilEvent<Type extends RunEvent['type']>(
    type: Type,
    fits: (event: Extract<RunEvent, { readonly type: Type }>) => boolean = () => true,
  ): Promise<Extract<RunEvent, { readonly type: Type }>> {
    const numBefore = this.run.all(type).length;
    return this.until(`${type} was told`, () => this.run.all(type).slice(numBefore).find(fits));
  }

  untilJoined(name: string): Promise<unknown> {
    return this.untilEvent('worker.joined', ({ worker }) => isNamed(worker, name));
  }

  /** Until so many more steps are committed. */
  async untilCommits(count: number): Promise<void> {
    const numBefore = this.run.all('step.committed').length;
    const enough = () => this.run.all('step.committed').length >= numBefore + count;
    await this.until(`${count} more steps are committed`, enough);
  }

  /** How many virtual workers of which step are in the hands of the worker. */
  async heldBy(name: string): Promise<{ readonly step: number; readonly count: number }> {
    const { step, workers } = await this.status();
    const worker = workers.find((candidate) => candidate.name === name);
    return { step, count: worker?.virtualWorkers ?? 0 };
  }

  /**
   * Freezes a worker at a moment when it holds a part of a step: whatever is done to it then is done in the middle of
   * that step.
   */
  async seize(worker: AtelierProcess): Promise<void> {
    for (;;) {
      await this.untilCommits(1);
      await worker.freeze();
      const first = await this.heldBy(worker.name);
      let last = first;
      for (let answer = 1; answer < NUM_ANSWERS; answer++) last = await this.heldBy(worker.name);
      if (first.count > 0 && last.count === first.count && last.step === first.step) return;
      worker.wake();
    }
  }

  /** An `atelier` command about this run. @throws Error when its exit code is not 0 */
  async command(name: string, ...args: readonly string[]): Promise<void> {
    const command = this.#start(`atelier-${name}`, [name, ...args, '--coordinator', this.address]);
    const { code } = await command.exited;
    if (code !== 0) throw new Error(`atelier ${name} ended with exit code ${code}`);
  }

  /** When the run is complete and everybody who took part to the end has gone in peace. */
  async finish(): Promise<RunResult> {
    await this.until('the run was complete', () => this.run.all('run.completed').at(-1));
    for (const process of this.#processes) {
      const { code, signal } = await process.exited;
      if (code !== 0 && signal !== 'SIGKILL') throw new Error(`${process.name} ended with exit code ${code}`);
    }
    return resultOf(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    this.#report = this.#describe();
    this.operator.close();
    this.run[Symbol.dispose]();
    await rm(this.#home, { recursive: true, force: true });
  }

  #describe(): string {
    const events = this.run.events.filter(({ type }) => type !== 'step.committed').slice(-TAIL_EVENTS);
    const lines = events.map((event) => JSON.stringify(event));
    return ['--- events', ...lines, ...this.#processes.map((process) => process.logTail())].join('\n');
  }

  #start(name: string, args: readonly string[]): AtelierProcess {
    const logFile = join(this.#home, 'logs', `${name}.log`);
    const process = new AtelierProcess({ name, args, logFile, nodeOptions: this.#nodeOptions });
    this.#processes.push(process);
    return process;
  }
}

async function writeConfig(home: string, changes: RunConfigChanges): Promise<void> {
  const small = smallRun(home);
  const scheduling = { ...small.scheduling, ...changes.scheduling };
  // JSON is YAML.
  await writeFile(join(home, 'config.yaml'), JSON.stringify({ ...small, ...changes, scheduling }));
}

/** Parts of the small run's config that a test may want otherwise; `wire` and what trains makes it another run. */
export type RunConfigChanges = Partial<
  Pick<
    RunConfigInput,
    | 'checkpoint'
    | 'data'
    | 'ema'
    | 'evaluate'
    | 'events'
    | 'iterations'
    | 'model'
    | 'optimizers'
    | 'reducers'
    | 'samples'
    | 'scheduling'
    | 'transport'
    | 'wire'
  >
>;

/** Worker ids are the worker's name and a random suffix. */
export function isNamed(workerId: string, name: string): boolean {
  return workerId.slice(0, workerId.lastIndexOf('-')) === name;
}
