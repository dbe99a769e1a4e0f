import { type RunConfigInput, runConfigSchema } from '../../config/run-config.ts';
import type { CheckpointMeta } from '../checkpoint-writer.ts';

/** Of a run whose model is one tensor of so many values. */
export function smallCheckpointMeta(config: Partial<RunConfigInput>, numValues: number): CheckpointMeta {
  return {
    runId: 'run-1',
    config: runConfigSchema.parse({ iterations: 9, model: { preset: 'small' }, optimizers: {}, ...config }),
    definition: {
      model: 'small',
      groups: [{ name: 'generator', tensors: [{ name: 'kernel', shape: [numValues] }], statistics: [] }],
      phases: [{ name: 'generate', group: 'generator', reads: [], losses: ['loss'] }],
      domains: [],
    },
    fingerprint: {
      ...{ tensorflow: '2.18.1', tfjs: '4.22.0', v8: '11', device: 'cpu: some', intraOpThreads: 1 },
      ...{ oneDnn: true, deterministic: true, compile: true, ops: 'tensorflow' },
    },
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}
