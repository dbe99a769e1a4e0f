import { z } from 'zod';
import { metricNames } from './metric-names.ts';

const metric = z.enum(metricNames);

const barSchema = z.strictObject({
  metric,
  wanted: z.enum(['at least', 'at most']),
  limit: z.number(),
});

/** One checkpoint, measured. Of what could not be known (a judge's sight, without labels) there is no value. */
export const evaluationSchema = z.strictObject({
  step: z.number().int().nonnegative(),
  iteration: z.number().int().nonnegative(),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 of the parameters that were measured.'),
  values: z.partialRecord(metric, z.number()).describe('The measured values, by metric (docs/metrics.md).'),
  bars: z.array(barSchema).describe('The bars, which must all be reached together: metric, wanted, limit.'),
});

/** ...and how it stands beside its bars and those before it. */
export const judgedEvaluationSchema = evaluationSchema.extend({
  barsMet: z.number().int().nonnegative(),
  shortfall: z
    .number()
    .nonnegative()
    .describe(
      'How far it is from the bars that it misses: the sum of the distances, each in proportion to its bar. 0 if it misses none.',
    ),
  isBest: z
    .boolean()
    .describe('Whether it is better than all evaluations before it. Its checkpoint is then kept in best/.'),
});

export type Bar = z.output<typeof barSchema>;
export type Evaluation = z.output<typeof evaluationSchema>;
export type JudgedEvaluation = z.output<typeof judgedEvaluationSchema>;
