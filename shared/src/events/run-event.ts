import { z } from 'zod';
import { judgedEvaluationSchema } from '../evaluation/evaluation.ts';

const step = z.number().int().nonnegative();
const iteration = z.number().int().nonnegative();
const worker = z.string().describe("The worker's id: its name and a random suffix.");
const reducer = z.string().describe("The reducer's id: its name and a random suffix.");
const reason = z.string().describe('The reason in words, for a person.');
const path = z.string();

/** One kind of event: what its `data` holds besides the type. */
function eventOf<Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) {
  return z.object({ type: z.literal(type), ...shape }).readonly();
}

/** What happened, in the past participle: `<noun>.<participle>`. */
export const runEventBodySchema = z.discriminatedUnion('type', [
  eventOf('run.started', {
    step,
    incarnation: z.string().describe('The id of this life of the coordinator.'),
  }),
  eventOf('run.paused', { step }),
  eventOf('run.resumed', { step }),
  eventOf('run.completed', { step }),
  eventOf('run.stopped', { step }),
  eventOf('run.failed', { step, reason }),
  eventOf('worker.joined', { worker, device: z.string() }),
  eventOf('worker.refused', { worker, code: z.string(), reason }),
  eventOf('worker.drained', { worker }),
  eventOf('worker.lost', { worker, reason }),
  eventOf('reducer.joined', { reducer, address: z.string().describe('host:port') }),
  eventOf('reducer.lost', { reducer, reason }),
  eventOf('block.reassigned', {
    step,
    node: z.string().describe('The node in the reduction tree: level/index.'),
    reason,
  }),
  eventOf('gradient.rejected', { step, reason }),
  eventOf('step.committed', {
    step,
    iteration,
    losses: z.record(z.string(), z.number()).describe('The mean losses of the step, by phase/loss.'),
  }),
  eventOf('epoch.completed', { domain: z.string(), epoch: z.number().int().nonnegative() }),
  eventOf('checkpoint.saved', { step, path, bytes: z.number().int().nonnegative() }),
  eventOf('checkpoint.failed', { step, reason }),
  eventOf('checkpoint.damaged', { path, reason }),
  eventOf('checkpoint.deleted', { step }),
  eventOf('sample.rendered', { step, iteration, path }),
  eventOf('evaluation.completed', judgedEvaluationSchema.shape),
  eventOf('alert.raised', {
    alert: z.string().describe('The name of what a person must look after.'),
    reason,
  }),
  eventOf('alert.resolved', { alert: z.string() }),
]);

const stampSchema = z
  .object({
    time: z.iso.datetime(),
    runId: z.string().min(1),
    sequence: z.number().int().nonnegative().describe('A number that rises from event to event of a run.'),
  })
  .readonly();

/** One JSON object a line in the run folder's events.jsonl. */
export const runEventSchema = z.intersection(stampSchema, runEventBodySchema);

export type RunEventBody = z.output<typeof runEventBodySchema>;
export type RunEvent = z.output<typeof runEventSchema>;
