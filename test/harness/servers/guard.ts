import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** What must not outlive this process, and what no longer has to be seen to. */
export type Guarded =
  | { readonly group: number }
  | { readonly endedGroup: number }
  | { readonly container: string }
  | { readonly endedContainer: string }
  | { readonly folder: string }
  | { readonly endedFolder: string };

const PROGRAM = fileURLToPath(new URL('./guard-process.mjs', import.meta.url));

let running: ChildProcess | undefined;

/**
 * Tells a process beside this one, which ends or removes what is left when this one is gone, however it went: a
 * process that is killed cannot clean up, and its channel closes all the same.
 */
export function guard(guarded: Guarded): void {
  running ??= startGuard();
  running.stdin?.write(`${JSON.stringify(guarded)}\n`);
}

function startGuard(): ChildProcess {
  // A group of its own: Ctrl-C ends the tests and must not end it.
  const child = spawn(process.execPath, [PROGRAM], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  // When the runner is killed, this process may live on and be of no use.
  process.once('disconnect', () => child.stdin.end());
  return child;
}
