import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchProcess } from './bench-process.ts';

const BIN = fileURLToPath(new URL('../../../cli/bin/atelier.mjs', import.meta.url));

export interface AtelierProgramOptions {
  readonly name: string;
  readonly args: readonly string[];
  /** Of the logs. */
  readonly folder: string;
  readonly nodeArgs?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** The `atelier` command as it is built. */
export function startAtelier({
  name,
  args,
  folder,
  nodeArgs = [],
  env,
}: AtelierProgramOptions): BenchProcess {
  return new BenchProcess({
    name,
    command: process.execPath,
    args: [...nodeArgs, BIN, ...args],
    logFile: join(folder, `${name}.log`),
    // Flags that run the bench from source are not for it.
    env: { NODE_OPTIONS: '', ...env },
  });
}
