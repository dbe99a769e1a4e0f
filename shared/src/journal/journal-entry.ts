import { z } from 'zod';
import { judgedEvaluationSchema } from '../evaluation/evaluation.ts';

/**
 * A line of the run's journal (JSONL), the exactly-once ledger. After a coordinator restart from a checkpoint at
 * step c, a `restarted` line says so and the lines of steps >= c that stand before it are void.
 */
const committed = z.strictObject({
  kind: z.literal('committed'),
  time: z.string(),
  step: z.number().int().nonnegative(),
  iteration: z.number().int().nonnegative(),
  phase: z.string(),
  group: z.string(),
  /** Stream positions [first, first + count) consumed of each domain; position p is epoch p div n, place p mod n. */
  examples: z.record(z.string(), z.strictObject({ first: z.number().int(), count: z.number().int() })),
  /** Who computed which node: "level:index" -> worker id. */
  nodes: z.record(z.string(), z.string()),
  losses: z.record(z.string(), z.number()),
  gradientNorm: z.number(),
  /** That the step was made with. */
  learningRate: z.number().optional(),
  seconds: z.number(),
  /** SHA-256 of the group's parameters after the commit, at the configured interval. */
  digest: z.string().optional(),
});

const restarted = z.strictObject({
  kind: z.literal('restarted'),
  time: z.string(),
  incarnation: z.string(),
  fromStep: z.number().int().nonnegative(),
  reason: z.enum(['start', 'resume', 'rollback']),
});

/** Written once, first: what the audit needs to expand positions to examples. */
const opened = z.strictObject({
  kind: z.literal('opened'),
  time: z.string(),
  runId: z.string(),
  seed: z.number().int(),
  virtualWorkers: z.number().int().positive(),
  domains: z.array(z.strictObject({ name: z.string(), numExamples: z.number().int(), digest: z.string() })),
});

/**
 * A checkpoint was measured. It takes no part in the ledger: a step that it names stays what it is, and it stays true
 * when the step is computed again, because that ends in the same bits.
 */
const evaluated = judgedEvaluationSchema.extend({ kind: z.literal('evaluated'), time: z.string() });

export const journalEntrySchema: z.ZodType<JournalEntry> = z.discriminatedUnion('kind', [
  committed,
  restarted,
  opened,
  evaluated,
]);
export type CommittedEntry = z.infer<typeof committed>;
export type RestartedEntry = z.infer<typeof restarted>;
export type OpenedEntry = z.infer<typeof opened>;
export type EvaluatedEntry = z.infer<typeof evaluated>;
export type JournalEntry = CommittedEntry | RestartedEntry | OpenedEntry | EvaluatedEntry;
