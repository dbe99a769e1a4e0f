import { readdirSync, readFileSync } from 'node:fs';

/**
 * Whether SIGSTOP has arrived at every thread of the process: each goes on until it gets to it. True where it cannot
 * be known.
 */
export function isStopped(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      // The state follows the name, which stands in parentheses and may contain anything.
      return stat.charAt(stat.lastIndexOf(')') + 2) === 'T';
    });
  } catch {
    // No /proc on this system, or the process is gone.
    return true;
  }
}
