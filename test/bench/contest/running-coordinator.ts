import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorClient } from '@atelier/cli/operator/operator-client';
import type { RunConfigInput } from '@atelier/shared/config/run-config';
import { freeAddress } from '../../harness/free-address.ts';
import { startAtelier } from './atelier-program.ts';
import type { BenchProcess } from './bench-process.ts';
import { FollowedJournal } from './followed-journal.ts';
import { usageOf } from './machine.ts';

const DEADLINE_MS = 300_000;
const REST_POLL_MS = 500;

export interface RunningCoordinatorOptions {
  readonly config: RunConfigInput;
  readonly nodeArgs?: readonly string[];
}

/** A coordinator as a process of its own, whose run can be let go on and stood still, and whoever works for it. */
export class RunningCoordinator implements AsyncDisposable {
  readonly address: string;
  readonly http: string;
  /** Of configs and logs; removed in the end. */
  readonly home: string;
  readonly journal: FollowedJournal;
  readonly process: BenchProcess;
  readonly #operator: OperatorClient;
  readonly #workers: BenchProcess[] = [];
  readonly #stop = new AbortController();

  private constructor(home: string, address: string, http: string, nodeArgs: readonly string[]) {
    this.home = home;
    this.address = address;
    this.http = http;
    this.#operator = new OperatorClient(address);
    this.journal = new FollowedJournal(join(home, 'run', 'journal.jsonl'));
    const place = ['--out', join(home, 'run'), '--listen', address, '--http', http];
    const args = ['coordinator', join(home, 'config.yaml'), ...place];
    this.process = startAtelier({ name: 'coordinator', args, folder: home, nodeArgs });
    this.#watch(this.process);
  }

  static async start({ config, nodeArgs = [] }: RunningCoordinatorOptions): Promise<RunningCoordinator> {
    const home = await mkdtemp(join(tmpdir(), 'bench-'));
    await mkdir(join(home, 'run'));
    // JSON is YAML.
    await writeFile(join(home, 'config.yaml'), JSON.stringify(config));
    const [address, http] = await Promise.all([freeAddress(), freeAddress()]);
    return new RunningCoordinator(home, address, http, nodeArgs);
  }

  /** Ends with the coordinator; the bench fails when it ends before. */
  employ(worker: BenchProcess): void {
    this.#workers.push(worker);
    this.#watch(worker);
  }

  get processes(): readonly BenchProcess[] {
    return [this.process, ...this.#workers];
  }

  /** By process, MiB. */
  peakRss(): Record<string, number> {
    return Object.fromEntries(this.processes.map(({ name, pid }) => [name, usageOf(pid).peakRssMib]));
  }

  resume(): Promise<unknown> {
    return this.#operator.resume();
  }

  /** Resolves when the step that was under way is committed and nothing follows it. */
  async pause(): Promise<void> {
    let { step } = await this.#operator.pause();
    for (;;) {
      await sleep(REST_POLL_MS);
      const now = await this.#operator.status();
      if (now.step === step) return;
      step = now.step;
    }
  }

  /** @throws Error when a process ends first, with the end of its log */
  untilCommits(count: number): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(DEADLINE_MS)]);
    return this.journal.untilCommits(count, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the bench is over'));
    await Promise.all(this.processes.map((process) => process.end('SIGKILL')));
    this.#operator.close();
    this.journal[Symbol.dispose]();
    await rm(this.home, { recursive: true, force: true });
  }

  #watch(process: BenchProcess): void {
    void process.exited.then(() =>
      this.#stop.abort(new Error(`a process ended early:\n${process.logTail()}`)),
    );
  }
}
