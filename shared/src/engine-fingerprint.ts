import { z } from 'zod';

/** What must be equal for two workers to compute the same bits. */
export const engineFingerprintSchema: z.ZodType<EngineFingerprint> = z.strictObject({
  tensorflow: z.string(),
  tfjs: z.string(),
  /** JavaScript engine: noise and initial values use its Math functions. */
  v8: z.string(),
  /** 'cpu: AMD EPYC avx2 fma avx512f ...' or 'gpu: NVIDIA H100 ...' */
  device: z.string(),
  intraOpThreads: z.number().int().nonnegative(),
  oneDnn: z.boolean(),
  deterministic: z.boolean(),
  compile: z.boolean(),
  /** Runs of versions that knew no other have none. */
  ops: z.enum(['atelier', 'tensorflow']).default('tensorflow'),
});

export interface EngineFingerprint {
  readonly tensorflow: string;
  readonly tfjs: string;
  readonly v8: string;
  readonly device: string;
  readonly intraOpThreads: number;
  readonly oneDnn: boolean;
  readonly deterministic: boolean;
  readonly compile: boolean;
  readonly ops: 'atelier' | 'tensorflow';
}

/** The fields in which two fingerprints differ, in words: "intraOpThreads: the run has 1, this worker 2". */
export function fingerprintDifferences(run: EngineFingerprint, worker: EngineFingerprint): string[] {
  return (Object.keys(run) as (keyof EngineFingerprint)[])
    .filter((field) => run[field] !== worker[field])
    .map((field) => `${field}: the run has ${String(run[field])}, this worker ${String(worker[field])}`);
}
