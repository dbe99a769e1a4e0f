import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { hasCode } from '@atelier/shared/errors/error-code';
import { firstVisibleGpu } from './engine-environment.ts';
import { EngineError } from './engine-error.ts';

const NVIDIA_SMI_DEADLINE_MS = 10_000;

/** The instruction sets for which TensorFlow, Eigen and oneDNN have code of their own. */
const NUMERIC_FLAGS = [
  'sse4_1 sse4_2 avx avx2 fma f16c avx_vnni avx512f avx512dq avx512bw avx512vl',
  'avx512_vnni avx512_bf16 avx512_fp16 amx_tile amx_bf16 amx_int8',
  'asimd asimddp bf16 i8mm sve sve2',
].flatMap((family) => family.split(' '));

/** "cpu: <model> <instruction sets>": processors with the same name compute the same bits. */
export function cpuName(): string {
  const model = cpus()[0]?.model.trim() || process.arch;
  return ['cpu:', model, ...numericFlags(readCpuInfo())].join(' ');
}

/** The instruction sets in the text of /proc/cpuinfo that matter, in a fixed order. */
export function numericFlags(cpuInfo: string): string[] {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuInfo)?.[1] ?? '';
  const present = new Set(line.trim().split(/\s+/));
  return NUMERIC_FLAGS.filter((flag) => present.has(flag));
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch (error) {
    // Not Linux: the model alone tells processors apart.
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

/**
 * "gpu: <model>" of the GPU that TensorFlow uses.
 * @throws EngineError `gpu-unknown` when nvidia-smi does not tell: two models must not pass for one
 */
export async function gpuName(): Promise<string> {
  const query = ['--query-gpu=name', '--format=csv,noheader', `--id=${firstVisibleGpu()}`];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: NVIDIA_SMI_DEADLINE_MS });
    const name = stdout.trim().split('\n')[0];
    if (name) return `gpu: ${name}`;
  } catch (cause) {
    throw new EngineError(
      'gpu-unknown',
      "the GPU's model is unknown because nvidia-smi failed: put it on the PATH",
      { cause },
    );
  }
  throw new EngineError(
    'gpu-unknown',
    `nvidia-smi lists no GPU ${firstVisibleGpu()}: check CUDA_VISIBLE_DEVICES`,
  );
}
