import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isStopped } from './is-stopped.ts';

const BIN = fileURLToPath(new URL('../../cli/bin/atelier.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const TAIL_LINES = 15;

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A real `atelier` process, as built, writing to a log of its own. It has a process group of its own, so that a
 * Ctrl-C that ends the tests is not a part of what is tested, and hears by its channel when the tests are gone.
 */
export class AtelierProcess implements AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  /** Never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly #process: ChildProcess;
  #exit: ProcessExit | undefined;

  /**
   * @param options.args of the `atelier` command
   * @param options.nodeOptions instead of the tests' own, which are for running from source
   */
  constructor(options: {
    readonly name: string;
    readonly args: readonly string[];
    readonly logFile: string;
    readonly nodeOptions?: string;
  }) {
    if (!existsSync(BUILT)) {
      throw new Error('this test runs what is built, and cli/dist is not there: npm run build first');
    }
    this.name = options.name;
    this.logFile = options.logFile;
    const log = openSync(this.logFile, 'a');
    this.#process = spawn(process.execPath, [BIN, ...options.args], {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...process.env, NODE_OPTIONS: options.nodeOptions ?? '', TF_CPP_MIN_LOG_LEVEL: '2' },
    });
    closeSync(log);
    this.exited = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error(`${this.name} was not started: see ${this.logFile}`);
    return pid;
  }

  /** Undefined while it lives. */
  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /** To the process alone, as `kill` does; after its exit it does nothing. */
  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#process.kill(signal);
  }

  /** SIGSTOP, and until every thread of it stands still. */
  async freeze(): Promise<void> {
    this.signal('SIGSTOP');
    while (!isStopped(this.pid)) await nextTurn();
  }

  wake(): void {
    this.signal('SIGCONT');
  }

  /** SIGKILL, and until it is gone. It may be stopped (SIGSTOP) meanwhile. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** The end of its log, for a person who looks for the fault. */
  logTail(): string {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
    const state = this.#exit === undefined ? 'alive' : `ended by ${this.#exit.signal ?? this.#exit.code}`;
    return [`--- ${this.name} (${state})`, ...lines].join('\n');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
