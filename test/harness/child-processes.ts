import { readdirSync, readFileSync } from 'node:fs';

/** The process that another one has started with this command of `atelier`, on Linux; undefined while there is none. */
export function childRunning(parentPid: number, command: string): number | undefined {
  for (const thread of readdirSync(`/proc/${parentPid}/task`)) {
    const children = readFileSync(`/proc/${parentPid}/task/${thread}/children`, 'utf8').trim().split(' ');
    const found = children.find((pid) => commandLineOf(pid).includes(command));
    if (found !== undefined) return Number(found);
  }
  return undefined;
}

function commandLineOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
