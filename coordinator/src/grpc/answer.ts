import { type sendUnaryData, status } from '@grpc/grpc-js';
import type { EventLog } from '../events/event-log.ts';
import type { Caller } from '../refusals/caller.ts';
import type { RefusalLog } from '../refusals/refusal-log.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { statusOf } from './status-of.ts';

/** Where refusals are counted, logged and told. */
export interface RefusalNotes {
  readonly refusals: RefusalLog;
  readonly events: EventLog;
}

/** Runs the handler of a call and ends the call with its reply or its error. Never throws. */
export async function answerWith<Reply>(
  callback: sendUnaryData<Reply>,
  notes: RefusalNotes,
  handle: (caller: Caller) => Promise<Reply>,
): Promise<void> {
  try {
    callback(null, await notingRefusals(notes, handle));
  } catch (error) {
    callback(statusOf(error), null);
  }
}

/** @throws what `handle` throws, when it is noted */
export async function notingRefusals<Reply>(
  notes: RefusalNotes,
  handle: (caller: Caller) => Promise<Reply>,
): Promise<Reply> {
  const caller: Caller = { session: 'unknown', step: undefined };
  try {
    return await handle(caller);
  } catch (error) {
    noteRefusal(error, caller, notes);
    throw error;
  }
}

/** Counts it; the first of a session and a reason is also logged and, for bytes of a step, told as an event. */
export function noteRefusal(error: unknown, caller: Caller, notes: RefusalNotes): void {
  const { code, details } = statusOf(error);
  const reason = error instanceof RefusedError ? error.code : status[code].toLowerCase();
  const isFirst = notes.refusals.note(reason, caller.session, { step: caller.step, details });
  // Nothing is wrong with bytes that meet the end of this life.
  if (isFirst && caller.step !== undefined && reason !== 'stopping') {
    notes.events.record({ type: 'gradient.rejected', step: caller.step, reason: details });
  }
}
