import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorClient } from '@atelier/cli/operator/operator-client';
import { onTestFailed } from 'vitest';
import { AtelierProcess } from './atelier-process.ts';
import { FollowedRun } from './followed-run.ts';
import { freeAddress } from './free-address.ts';
import { isRunning } from './is-running.ts';
import { smallRun } from './small-run.ts';

const NUM_WORKERS = 2;
const DEADLINE_MS = 120_000;

/** `atelier train` on a small run: one process that starts the others. */
export class Training implements AsyncDisposable {
  readonly run: FollowedRun;
  readonly #home: string;
  readonly #operator: OperatorClient;
  readonly #processes: AtelierProcess[] = [];
  readonly #children = new Set<number>();
  /** Kept by the disposal: a failure is told after it. */
  #report = '';

  private constructor(home: string, address: string) {
    this.#home = home;
    this.run = new FollowedRun(join(home, 'run'));
    this.#operator = new OperatorClient(address);
  }

  static async prepare(): Promise<Training> {
    const home = await mkdtemp(join(tmpdir(), 'training-'));
    await mkdir(join(home, 'logs'));
    const small = smallRun(home);
    // Else the first worker might have done all before the second is there.
    const scheduling = { ...small.scheduling, minWorkers: NUM_WORKERS };
    // JSON is YAML.
    await writeFile(join(home, 'config.yaml'), JSON.stringify({ ...small, scheduling }));
    const training = new Training(home, await freeAddress());
    onTestFailed(() => console.error(training.#report));
    return training;
  }

  start(...options: readonly string[]): AtelierProcess {
    const port = this.#operator.address.split(':')[1] ?? '';
    const place = ['--out', this.run.folder, '--port', port, '--workers', String(NUM_WORKERS)];
    const train = new AtelierProcess({
      name: 'train',
      args: ['train', join(this.#home, 'config.yaml'), ...place, ...options],
      logFile: join(this.#home, 'logs', 'train.log'),
    });
    this.#processes.push(train);
    return train;
  }

  /** Until both workers are in and so many steps are committed. @returns the ids of the processes that were started */
  async underWay(numSteps: number): Promise<number[]> {
    const numJoins = this.run.all('worker.joined').length + NUM_WORKERS;
    const hasCome = () =>
      this.run.all('worker.joined').length >= numJoins && this.run.all('step.committed').length >= numSteps;
    await this.run.until(hasCome, AbortSignal.timeout(DEADLINE_MS));
    const { workers } = await this.#operator.status();
    const pids = workers.map(({ pid }) => pid).concat(this.run.coordinatorPid ?? []);
    for (const pid of pids) this.#children.add(pid);
    return pids;
  }

  /** Of a process that it has started. */
  logOf(name: string): string {
    return readFileSync(join(this.run.folder, 'logs', `${name}.log`), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((train) => train.kill()));
    for (const pid of this.#children) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    this.#report = this.#processes.map((train) => train.logTail()).join('\n');
    this.#operator.close();
    this.run[Symbol.dispose]();
    await rm(this.#home, { recursive: true, force: true });
  }
}
