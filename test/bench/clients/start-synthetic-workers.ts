import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchProcess, TYPESCRIPT_FLAGS } from '../contest/bench-process.ts';
import type { RunningCoordinator } from '../contest/running-coordinator.ts';

const ENTRY = fileURLToPath(new URL('./synthetic-workers.ts', import.meta.url));

/** Processes with so many synthetic workers in all of them, working for the coordinator until it ends. */
export function startSyntheticWorkers(
  coordinator: RunningCoordinator,
  groupSizes: readonly number[],
  numWorkers: number,
  numProcesses: number,
): void {
  const { address, home } = coordinator;
  const perProcess = numWorkers / numProcesses;
  for (let i = 0; i < numProcesses; i++) {
    const name = `clients-${i}`;
    const what = JSON.stringify({ address, groupSizes, first: i * perProcess, count: perProcess });
    coordinator.employ(
      new BenchProcess({
        name,
        command: process.execPath,
        args: [...TYPESCRIPT_FLAGS, '--heap-growing-percent=1000', ENTRY, what],
        logFile: join(home, `${name}.log`),
      }),
    );
  }
}
