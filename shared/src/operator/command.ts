import { z } from 'zod';

/** What may be asked of a run, with what it takes; by request and reply on `atelier-command.<run>.<command>`. */
export const commandSchema = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('status') }),
  z.strictObject({ command: z.literal('pause') }),
  z.strictObject({ command: z.literal('resume') }),
  z.strictObject({ command: z.literal('checkpoint') }),
  z.strictObject({ command: z.literal('drain'), worker: z.string().min(1).describe('Name or id.') }),
  z.strictObject({ command: z.literal('stop'), checkpoint: z.boolean().default(true) }),
]);

/** `result` is the run's status, for `checkpoint` its step and path. */
export const commandReplySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.unknown() }).readonly(),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }).readonly(),
]);

export type Command = z.output<typeof commandSchema>;
export type CommandReply = z.output<typeof commandReplySchema>;
