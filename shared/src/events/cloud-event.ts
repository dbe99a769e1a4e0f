import { z } from 'zod';
import { type RunEvent, runEventSchema } from './run-event.ts';

const TYPE_PREFIX = 'dev.atelier.';
const SOURCE_PREFIX = '/atelier/runs/';
/** Digits of the sequence extension, which orders as text: as many as a safe integer has. */
const SEQUENCE_DIGITS = 16;

/** A run's event as CloudEvents 1.0 JSON (structured mode), with the `sequence` extension. */
export const cloudEventSchema = z
  .object({
    specversion: z.literal('1.0'),
    id: z
      .string()
      .regex(/^.+\/\d+$/)
      .describe('`<run id>/<sequence>`. It is also the message id.'),
    source: z.string().startsWith(SOURCE_PREFIX).describe('`/atelier/runs/<run id>`'),
    type: z.string().startsWith(TYPE_PREFIX).describe('`dev.atelier.<noun>.<past participle>`'),
    subject: z.string().describe("The run's name and the start of its id, as in the subject of the message."),
    time: z.iso.datetime(),
    datacontenttype: z.literal('application/json'),
    sequence: z
      .string()
      .regex(/^\d+$/)
      .describe('A number that rises from event to event of a run. Its text sorts in the same order.'),
    data: z.record(z.string(), z.unknown()),
  })
  .readonly();

export type CloudEvent = z.output<typeof cloudEventSchema>;

export function messageIdOf({ runId, sequence }: Pick<RunEvent, 'runId' | 'sequence'>): string {
  return `${runId}/${sequence}`;
}

/** The sequence in a message's id; `undefined` when it is another run's. */
export function sequenceOf(messageId: string, runId: string): number | undefined {
  const at = messageId.lastIndexOf('/');
  const sequence = Number(messageId.slice(at + 1));
  return messageId.slice(0, at) === runId && Number.isSafeInteger(sequence) ? sequence : undefined;
}

export function cloudEventOf(event: RunEvent, runToken: string): CloudEvent {
  const { time, runId, sequence, type, ...data } = event;
  return {
    specversion: '1.0',
    id: messageIdOf(event),
    source: `${SOURCE_PREFIX}${runId}`,
    type: `${TYPE_PREFIX}${type}`,
    subject: runToken,
    time,
    datacontenttype: 'application/json',
    sequence: String(sequence).padStart(SEQUENCE_DIGITS, '0'),
    data,
  };
}

/** @throws ZodError for what is no event of a run */
export function runEventOf(cloudEvent: unknown): RunEvent {
  const { source, type, time, sequence, data } = cloudEventSchema.parse(cloudEvent);
  return runEventSchema.parse({
    ...data,
    time,
    runId: source.slice(SOURCE_PREFIX.length),
    sequence: Number(sequence),
    type: type.slice(TYPE_PREFIX.length),
  });
}
