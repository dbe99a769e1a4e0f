import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorClient } from '@atelier/cli/operator/operator-client';
import type { RunConfigInput } from '@atelier/shared/config/run-config';
import { AtelierProcess } from '../harness/atelier-process.ts';
import { freeAddress } from '../harness/free-address.ts';
import { MetricsText } from '../harness/metrics-text.ts';
import { FollowedJournal } from './followed-journal.ts';
import { usageOf } from './machine.ts';
import { sumOf } from './statistics.ts';

const DEADLINE_MS = 300_000;
/** Longer than a step of what is measured here. */
const REST_MS = 1_000;

export interface PacedClusterOptions {
  readonly config: RunConfigInput;
  readonly numWorkers: number;
  readonly numPhases: number;
  /** Of the coordinator's process. */
  readonly nodeOptions?: string;
}

/** What the workers counted while a block ran, of all of them together. */
export interface WorkerSeconds {
  /** By part: compute, transfer, data, wait. */
  readonly parts: Readonly<Record<string, number>>;
  /** In the compute thread alone: compute without the way to it and back. */
  readonly inThread: number;
}

/** Payload of one worker and iteration. */
export interface WorkerTraffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface Block {
  /** Commit to commit over all phases of an iteration; without the one that the resumption falls into. */
  readonly iterationSeconds: readonly number[];
  readonly workers: WorkerSeconds;
  readonly traffic: WorkerTraffic;
}

/** A coordinator and workers as processes, which train in blocks and stand still between them. */
export class PacedCluster implements AsyncDisposable {
  readonly #home: string;
  readonly #numPhases: number;
  readonly #metrics: readonly string[];
  readonly #operator: OperatorClient;
  readonly #journal: FollowedJournal;
  readonly #processes: AtelierProcess[] = [];
  readonly #stop = new AbortController();

  private constructor(home: string, address: string, metrics: readonly string[], numPhases: number) {
    this.#home = home;
    this.#numPhases = numPhases;
    this.#metrics = metrics;
    this.#operator = new OperatorClient(address);
    this.#journal = new FollowedJournal(join(home, 'run', 'journal.jsonl'));
  }

  /** Resolves when the first iteration is committed and the run is paused. */
  static async start({
    config,
    numWorkers,
    numPhases,
    nodeOptions,
  }: PacedClusterOptions): Promise<PacedCluster> {
    const home = await mkdtemp(join(tmpdir(), 'bench-'));
    await mkdir(join(home, 'logs'));
    // JSON is YAML.
    await writeFile(join(home, 'config.yaml'), JSON.stringify(config));
    const [address = '', ...metrics] = await Promise.all(Array.from({ length: numWorkers + 1 }, freeAddress));
    const cluster = new PacedCluster(home, address, metrics, numPhases);
    try {
      cluster.#start(
        'coordinator',
        ['coordinator', join(home, 'config.yaml'), '--out', join(home, 'run'), '--listen', address],
        nodeOptions,
      );
      for (const [i, at] of metrics.entries()) {
        const name = `worker-${i + 1}`;
        cluster.#start(name, ['worker', '--coordinator', address, '--name', name, '--metrics', at]);
      }
      await cluster.#until(numPhases);
      await cluster.#operator.pause();
      return cluster;
    } catch (error) {
      const logs = cluster.#processes.map((process) => process.logTail()).join('\n');
      await cluster[Symbol.asyncDispose]();
      throw new Error(`the cluster did not start\n${logs}`, { cause: error });
    }
  }

  /** So many iterations, and one before them that is not counted. */
  async block(numIterations: number): Promise<Block> {
    const first = this.#journal.commits.length;
    const atStart = await this.#counted();
    await this.#operator.resume();
    await this.#until(first + this.#numPhases);
    const before = await this.#counted();
    await this.#until(first + (numIterations + 1) * this.#numPhases);
    const after = await this.#counted();
    await this.#operator.pause();
    await this.#atRest();
    const atEnd = await this.#counted();
    const seconds = this.#journal.commits.slice(first).map((commit) => commit.seconds);
    const iterations = Array.from({ length: numIterations }, (_, i) => {
      const start = (i + 1) * this.#numPhases;
      return sumOf(seconds.slice(start, start + this.#numPhases));
    });
    const numDone = (this.#metrics.length * seconds.length) / this.#numPhases;
    return {
      iterationSeconds: iterations,
      workers: difference(before, after),
      traffic: {
        sentBytes: (atEnd.sentBytes - atStart.sentBytes) / numDone,
        receivedBytes: (atEnd.receivedBytes - atStart.receivedBytes) / numDone,
      },
    };
  }

  /** By process, MiB. */
  peakRss(): Record<string, number> {
    return Object.fromEntries(this.#processes.map(({ name, pid }) => [name, usageOf(pid).peakRssMib]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the bench is over'));
    await Promise.all(this.#processes.map((process) => process.kill()));
    this.#operator.close();
    this.#journal[Symbol.dispose]();
    await rm(this.#home, { recursive: true, force: true });
  }

  #start(name: string, args: readonly string[], nodeOptions = ''): void {
    const process = new AtelierProcess({
      name,
      args,
      logFile: join(this.#home, 'logs', `${name}.log`),
      nodeOptions,
    });
    this.#processes.push(process);
    void process.exited.then(() => this.#stop.abort(new Error(`a process ended: ${process.logTail()}`)));
  }

  async #until(numCommits: number): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(DEADLINE_MS)]);
    await this.#journal.untilCommits(numCommits, signal);
  }

  /** The step that was under way is committed, and nothing follows it. */
  async #atRest(): Promise<void> {
    for (let { state, step } = await this.#operator.status(); ; ) {
      await sleep(REST_MS);
      const now = await this.#operator.status();
      if (now.step === step && now.state === state) return;
      ({ state, step } = now);
    }
  }

  async #counted(): Promise<WorkerSeconds & WorkerTraffic> {
    const all = await Promise.all(this.#metrics.map((address) => MetricsText.of(address)));
    const value = (name: string, labels?: Record<string, string>) =>
      sumOf(all.map((metrics) => metrics.value(name, labels) ?? 0));
    const parts = ['compute', 'transfer', 'data', 'wait'].map(
      (part) => [part, value('atelier_worker_part_seconds_total', { part })] as const,
    );
    return {
      parts: Object.fromEntries(parts),
      inThread: value('atelier_worker_block_seconds_sum'),
      sentBytes: value('atelier_worker_sent_bytes_total'),
      receivedBytes: value('atelier_worker_received_bytes_total'),
    };
  }
}

function difference(before: WorkerSeconds, after: WorkerSeconds): WorkerSeconds {
  const parts = Object.entries(after.parts).map(([part, seconds]) => [
    part,
    seconds - (before.parts[part] ?? 0),
  ]);
  return {
    parts: Object.fromEntries(parts),
    inThread: after.inThread - before.inThread,
  };
}
