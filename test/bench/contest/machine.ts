import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** Processes that run or want to, beyond which numbers are of no use. */
const IDLE_LOAD = 0.3;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  /** Of the last minute, when the bench began. */
  readonly load: number;
  readonly isIdle: boolean;
}

export function describeMachine(): Machine {
  const [load = 0] = loadavg();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    load,
    isIdle: load < IDLE_LOAD,
  };
}

/** One paragraph of Markdown. */
export function machineText({ cpu, cores, memoryGib, kernel, node, load, isIdle }: Machine): string {
  const state = isIdle
    ? `load average ${load.toFixed(2)} at the start`
    : `**LOAD AVERAGE ${load.toFixed(2)} AT THE START: the machine was not idle, and only ratios within one row mean anything**`;
  return `${cores} cores of ${cpu}, ${memoryGib} GiB, Linux ${kernel}, Node ${node}; ${state}.`;
}

/** Of a process, from /proc. Zeros when it is gone. */
export function usageOf(pid: number): {
  readonly rssMib: number;
  readonly peakRssMib: number;
  readonly cpuSeconds: number;
} {
  const status = textOf(`/proc/${pid}/status`);
  const kib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  // After the name in parentheses: state is the first field, utime and stime are the 12th and 13th, in 1/100 s.
  const fields = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  return { rssMib: kib('VmRSS') / 1024, peakRssMib: kib('VmHWM') / 1024, cpuSeconds: ticks / 100 };
}

/** Processor time that a process has had so far, ms: of its main thread, and of its others that are still there. */
export function threadMsOf(pid: number): { readonly main: number; readonly others: number } {
  const msOf = (thread: string) =>
    Number(textOf(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]) / 1e6;
  const main = String(pid);
  const others = namesIn(`/proc/${pid}/task`).filter((thread) => thread !== main);
  return { main: msOf(main), others: others.reduce((sum, thread) => sum + msOf(thread), 0) };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
