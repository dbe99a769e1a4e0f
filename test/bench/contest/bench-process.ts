import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const TAIL_LINES = 15;

export interface BenchProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Flags with which a Node process runs a TypeScript file of this folder. */
export const TYPESCRIPT_FLAGS = [
  '--import',
  new URL('../../harness/run-typescript.mjs', import.meta.url).href,
  '--conditions=source',
] as const;

/** Any program, writing to a log of its own, in a process group of its own: disposing it ends its children, too. */
export class BenchProcess implements AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  /** Never rejects. */
  readonly exited: Promise<void>;
  readonly #process: ChildProcess;
  #hasExited = false;

  constructor({ name, command, args, logFile, env }: BenchProcessOptions) {
    this.name = name;
    this.logFile = logFile;
    const log = openSync(logFile, 'a');
    this.#process = spawn(command, args, {
      detached: true,
      // With the channel an `atelier` process hears when the bench is gone.
      stdio: ['pipe', log, log, 'ipc'],
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', ...env },
    });
    closeSync(log);
    this.exited = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', () => {
        this.#hasExited = true;
        resolve();
      });
    });
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error(`${this.name} was not started: see ${this.logFile}`);
    return pid;
  }

  /** What it wrote, by its lines. */
  lines(): string[] {
    return readFileSync(this.logFile, 'utf8').split('\n').slice(0, -1);
  }

  logTail(): string {
    return [`--- ${this.name}`, ...this.lines().slice(-TAIL_LINES)].join('\n');
  }

  write(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** To the whole group, whose leader may have ended before its children. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // All of them are gone.
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.signal(signal);
    if (!this.#hasExited) await this.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end('SIGKILL');
  }
}
