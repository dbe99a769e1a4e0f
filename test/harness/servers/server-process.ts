import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isStopped } from '../is-stopped.ts';
import { guard } from './guard.ts';
import { type ServerCommand, type ServerHost, TAIL_LINES } from './server-host.ts';

/** A server in a process of its own group: a Ctrl-C meant for the tests is no fault that is tested. */
export class ServerProcess implements ServerHost {
  readonly description: string;
  readonly #path: string;
  readonly #command: ServerCommand;
  readonly #logFile: string;
  #process: ChildProcess | undefined;

  constructor(program: { readonly path: string; readonly description: string }, command: ServerCommand) {
    this.description = program.description;
    this.#path = program.path;
    this.#command = command;
    this.#logFile = join(command.folder, 'server.log');
  }

  async start(): Promise<void> {
    const { folder, args, env, limited } = this.#command;
    const line = [this.#path, ...args];
    const [path = '', ...rest] = limited === undefined ? line : inLimitedFolder(limited, line);
    const log = openSync(this.#logFile, 'a');
    const child = spawn(path, rest, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    await once(child, 'spawn');
    const { pid } = child;
    if (pid !== undefined) {
      guard({ group: pid });
      child.once('exit', () => guard({ endedGroup: pid }));
    }
    this.#process = child;
  }

  async kill(): Promise<void> {
    if (this.#process === undefined || hasExited(this.#process)) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  async freeze(): Promise<void> {
    const { pid } = this.#process ?? {};
    if (pid === undefined) return;
    process.kill(pid, 'SIGSTOP');
    while (!isStopped(pid)) await nextTurn();
  }

  async wake(): Promise<void> {
    this.#process?.kill('SIGCONT');
  }

  async isAlive(): Promise<boolean> {
    return this.#process !== undefined && !hasExited(this.#process);
  }

  async logTail(): Promise<string> {
    const log = await readFile(this.#logFile, 'utf8');
    return log.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The file system is mounted in a namespace of the process, which needs no root and leaves nothing behind. */
function inLimitedFolder(
  { folder, sizeBytes }: { readonly folder: string; readonly sizeBytes: number },
  line: readonly string[],
): string[] {
  const mount = `mount -t tmpfs -o size=${sizeBytes} tmpfs "$0" && exec "$@"`;
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount, folder, ...line];
}
