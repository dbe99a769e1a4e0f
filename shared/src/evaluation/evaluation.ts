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
    .describe('Of the parameters that were measured.'),
  values: z.partialRecord(metric, z.number()).describe('By metric: docs/metrics.md.'),
  bars: z.array(barSchema).describe('What must be reached, all together: metric, wanted, limit.'),
});

/** ...and how it stands beside its bars and those before it. */
export const judgedEvaluationSchema = evaluationSchema.extend({
  barsMet: z.number().int().nonnegative(),
  shortfall: z
    .number()
    .nonnegative()
    .describe(
      'How far it is from the bars it misses, in proportion to each, all together; 0: none is missed.',
    ),
  isBest: z.boolean().describe('Better than all that were measured before it: kept in best/.'),
});

export type Bar = z.output<typeof barSchema>;
export type Evaluation = z.output<typeof evaluationSchema>;
export type JudgedEvaluation = z.output<typeof judgedEvaluationSchema>;
