import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { CodedError } from '@atelier/shared/errors/coded-error';

const QUERY = [
  '--query-gpu=index,name,utilization.gpu,memory.used',
  '--format=csv,noheader,nounits',
] as const;
const INTERVAL_MS = 500;

export class GpuError extends CodedError<'no-gpu'> {
  constructor(message: string, options?: ErrorOptions) {
    super('no-gpu', message, options);
  }
}

/** What a GPU did while something ran. */
export interface GpuUse {
  readonly name: string;
  /** Share of the time in which it did anything: the mean of the samples, percent. */
  readonly meanUtilization: number;
  readonly peakMemoryMib: number;
}

/** @returns the GPUs' names. @throws GpuError where there is none */
export function gpusOf(): string[] {
  try {
    const names = execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
      encoding: 'utf8',
    });
    const gpus = names.split('\n').filter((name) => name !== '');
    if (gpus.length > 0) return gpus;
  } catch (cause) {
    throw noGpu(cause);
  }
  throw noGpu();
}

/** Samples the first GPUs' use until it is asked for it. */
export class GpuMonitor {
  readonly #process: ChildProcessByStdio<null, Readable, null>;
  readonly #samples: {
    readonly index: number;
    readonly name: string;
    readonly use: number;
    readonly mib: number;
  }[] = [];

  constructor() {
    const args = [...QUERY, `--loop-ms=${INTERVAL_MS}`];
    this.#process = spawn('nvidia-smi', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface(this.#process.stdout).on('line', (line) => {
      const [index, name = '', use, mib] = line.split(', ');
      this.#samples.push({ index: Number(index), name, use: Number(use), mib: Number(mib) });
    });
  }

  stop(): GpuUse[] {
    this.#process.kill();
    const indices = [...new Set(this.#samples.map(({ index }) => index))];
    return indices.map((index) => {
      const samples = this.#samples.filter((sample) => sample.index === index);
      return {
        name: samples[0]?.name ?? '',
        meanUtilization: samples.reduce((sum, { use }) => sum + use, 0) / samples.length,
        peakMemoryMib: Math.max(...samples.map(({ mib }) => mib)),
      };
    });
  }
}

function noGpu(cause?: unknown): GpuError {
  return new GpuError(
    'this bench needs an NVIDIA GPU, and nvidia-smi shows none: run it on a machine with a GPU and its driver, after `npx atelier engine install --cuda`',
    { cause },
  );
}
