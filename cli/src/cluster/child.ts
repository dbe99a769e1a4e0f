import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCode } from '@atelier/shared/errors/error-code';
import type { ChildExit } from './supervision.ts';
import { yieldToOthers } from './yield-to-others.ts';

/** The same path from src/ and from dist/. */
const BIN = fileURLToPath(new URL('../../bin/atelier.mjs', import.meta.url));

export interface ChildOptions {
  readonly role: ChildExit['role'];
  readonly name: string;
  /** Of the `atelier` command. */
  readonly args: readonly string[];
  /** Appended to. */
  readonly logFile: string;
  /** Lets others have the processor first. */
  readonly yieldsToOthers?: boolean;
}

/**
 * An `atelier` process of the local cluster: in its own process group, so that Ctrl-C on the terminal does not reach
 * it, and with a channel by which it learns when the launcher is gone.
 */
export class Child {
  readonly role: ChildExit['role'];
  readonly name: string;
  readonly logFile: string;
  /** Never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  #hasExited = false;

  constructor({ role, name, args, logFile, yieldsToOthers = false }: ChildOptions) {
    this.role = role;
    this.name = name;
    this.logFile = logFile;
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    this.#process = spawn(process.execPath, [BIN, ...args], {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    if (yieldsToOthers) this.#process.once('spawn', () => yieldToOthers(this.#process.pid));
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        this.#hasExited = true;
        resolve({ role, name, code, signal, at: performance.now() });
      };
      this.#process.once('exit', end);
      this.#process.once('error', (error) => {
        appendFileSync(logFile, `${error.message}\n`);
        end(1, null);
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** To the whole group. After the exit it does nothing. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process;
    if (pid === undefined || this.#hasExited) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // Gone between the check and the call.
      if (!hasCode(error, 'ESRCH')) throw error;
    }
  }
}
