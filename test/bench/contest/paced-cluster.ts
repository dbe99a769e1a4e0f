import type { RunConfigInput } from '@atelier/shared/config/run-config';
import { freeAddress } from '../../harness/free-address.ts';
import { MetricsText } from '../../harness/metrics-text.ts';
import { startAtelier } from './atelier-program.ts';
import { iterationsOf } from './iterations.ts';
import { threadMsOf } from './machine.ts';
import { RunningCoordinator } from './running-coordinator.ts';
import { sumOf } from './statistics.ts';

export interface PacedClusterOptions {
  readonly config: RunConfigInput;
  readonly numWorkers: number;
  /** Steps of an iteration. */
  readonly numPhases: number;
  /** By worker. */
  readonly envOf?: (worker: number) => NodeJS.ProcessEnv;
}

/** What the workers did while a block ran, by their own clocks: of all of them together. */
export interface WorkerSeconds {
  /** By part: compute, transfer, data, wait. */
  readonly parts: Readonly<Record<string, number>>;
  /** In the compute thread alone: compute without the way to it and back. */
  readonly inThread: number;
}

/** Processor time of an iteration, ms, of all workers together. */
export interface ProcessorMs {
  readonly coordinator: number;
  readonly workersMain: number;
  /** The compute threads, TensorFlow's and V8's. */
  readonly workersOthers: number;
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
  readonly processor: ProcessorMs;
}

/** A coordinator and workers as processes, which train in blocks and stand still between them. */
export class PacedCluster implements AsyncDisposable {
  readonly #coordinator: RunningCoordinator;
  readonly #numPhases: number;
  readonly #metrics: readonly string[];

  private constructor(coordinator: RunningCoordinator, numPhases: number, metrics: readonly string[]) {
    this.#coordinator = coordinator;
    this.#numPhases = numPhases;
    this.#metrics = metrics;
  }

  /** Resolves when the first iteration is committed and the run is paused. */
  static async start(options: PacedClusterOptions): Promise<PacedCluster> {
    const { config, numWorkers, numPhases, envOf = () => ({}) } = options;
    const coordinator = await RunningCoordinator.start({ config });
    const { address, home: folder } = coordinator;
    try {
      const metrics = await Promise.all(Array.from({ length: numWorkers }, freeAddress));
      for (const [i, at] of metrics.entries()) {
        const name = `worker-${i + 1}`;
        const args = ['worker', '--coordinator', address, '--name', name, '--metrics', at];
        coordinator.employ(startAtelier({ name, args, folder, env: envOf(i) }));
      }
      await coordinator.untilCommits(numPhases);
      await coordinator.pause();
      return new PacedCluster(coordinator, numPhases, metrics);
    } catch (error) {
      await coordinator[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** So many iterations, and one before them that is not counted. */
  async block(numIterations: number): Promise<Block> {
    const { journal } = this.#coordinator;
    const first = journal.commits.length;
    const atStart = await this.#counted();
    await this.#coordinator.resume();
    await this.#coordinator.untilCommits(first + this.#numPhases);
    const before = await this.#counted();
    const processorBefore = this.#processorMs();
    await this.#coordinator.untilCommits(first + (numIterations + 1) * this.#numPhases);
    const processorAfter = this.#processorMs();
    const after = await this.#counted();
    await this.#coordinator.pause();
    const atEnd = await this.#counted();
    const commits = journal.commits.slice(first);
    const numDone = (this.#metrics.length * commits.length) / this.#numPhases;
    return {
      iterationSeconds: iterationsOf(commits, this.#numPhases).slice(1, numIterations + 1),
      workers: difference(before, after),
      processor: {
        coordinator: (processorAfter.coordinator - processorBefore.coordinator) / numIterations,
        workersMain: (processorAfter.workersMain - processorBefore.workersMain) / numIterations,
        workersOthers: (processorAfter.workersOthers - processorBefore.workersOthers) / numIterations,
      },
      traffic: {
        sentBytes: (atEnd.sentBytes - atStart.sentBytes) / numDone,
        receivedBytes: (atEnd.receivedBytes - atStart.receivedBytes) / numDone,
      },
    };
  }

  /** By process, MiB. */
  peakRss(): Record<string, number> {
    return this.#coordinator.peakRss();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#coordinator[Symbol.asyncDispose]();
  }

  #processorMs(): ProcessorMs {
    const [coordinator, ...workers] = this.#coordinator.processes.map(({ pid }) => threadMsOf(pid));
    return {
      coordinator: (coordinator?.main ?? 0) + (coordinator?.others ?? 0),
      workersMain: sumOf(workers.map(({ main }) => main)),
      workersOthers: sumOf(workers.map(({ others }) => others)),
    };
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
  return { parts: Object.fromEntries(parts), inThread: after.inThread - before.inThread };
}
