import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorClient } from '@atelier/cli/operator/operator-client';
import type { RunConfigInput } from '@atelier/shared/config/run-config';
import type { CommittedEntry } from '@atelier/shared/journal/journal-entry';
import { MetricsText } from '../../harness/metrics-text.ts';
import { startAtelier } from './atelier-program.ts';
import type { BenchProcess } from './bench-process.ts';
import { FollowedJournal } from './followed-journal.ts';

const DEADLINE_MS = 180_000;

/** `atelier train`: one command that starts a coordinator and workers, and starts again what dies. */
export class SupervisedTraining implements AsyncDisposable {
  readonly process: BenchProcess;
  readonly journal: FollowedJournal;
  readonly #home: string;

  private constructor(home: string, numWorkers: number) {
    this.#home = home;
    this.journal = new FollowedJournal(join(home, 'run', 'journal.jsonl'));
    const args = [
      'train',
      join(home, 'config.yaml'),
      '--workers',
      String(numWorkers),
      '--out',
      join(home, 'run'),
    ];
    this.process = startAtelier({ name: 'train', args, folder: home });
  }

  static async start(config: RunConfigInput, numWorkers: number): Promise<SupervisedTraining> {
    const home = await mkdtemp(join(tmpdir(), 'bench-train-'));
    await mkdir(join(home, 'run'));
    // JSON is YAML.
    await writeFile(join(home, 'config.yaml'), JSON.stringify(config));
    return new SupervisedTraining(home, numWorkers);
  }

  until(fits: (commit: CommittedEntry) => boolean): Promise<CommittedEntry> {
    return this.journal.until(fits, AbortSignal.timeout(DEADLINE_MS));
  }

  /** By name: of the coordinator and the workers. */
  async pids(): Promise<Record<string, number>> {
    const { workers } = await this.#ask((operator) => operator.status());
    const { pid } = this.#coordinator;
    return { coordinator: pid, ...Object.fromEntries(workers.map((worker) => [worker.name, worker.pid])) };
  }

  metrics(): Promise<MetricsText> {
    return MetricsText.of(this.#coordinator.http);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ask((operator) => operator.stop({ checkpoint: false })).catch(() =>
      this.process.end('SIGKILL'),
    );
    await this.process.exited;
    this.journal[Symbol.dispose]();
    await rm(this.#home, { recursive: true, force: true });
  }

  get #coordinator(): { readonly address: string; readonly http: string; readonly pid: number } {
    return JSON.parse(readFileSync(join(this.#home, 'run', 'coordinator.json'), 'utf8'));
  }

  async #ask<Answer>(call: (operator: OperatorClient) => Promise<Answer>): Promise<Answer> {
    const operator = new OperatorClient(this.#coordinator.address);
    try {
      return await call(operator);
    } finally {
      operator.close();
    }
  }
}
