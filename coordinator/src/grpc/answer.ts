import { type sendUnaryData, status } from '@grpc/grpc-js';
import { RefusedError } from '../refusals/refused-error.ts';
import type { Run } from '../run/run.ts';
import { statusOf } from './status-of.ts';

/** What is known so far of a call's sender, for the count and the log of what is refused. */
export interface Caller {
  /** A session of this run; 'unknown' until it has been looked up. */
  session: string;
  step: number | undefined;
}

/** Runs the handler of a call and ends the call with its reply or its error. Never throws. */
export async function answerWith<Reply>(
  callback: sendUnaryData<Reply>,
  run: Run,
  handle: (caller: Caller) => Promise<Reply>,
): Promise<void> {
  try {
    callback(null, await notingRefusals(run, handle));
  } catch (error) {
    callback(statusOf(error), null);
  }
}

/** @throws what `handle` throws, when it is noted */
export async function notingRefusals<Reply>(
  run: Run,
  handle: (caller: Caller) => Promise<Reply>,
): Promise<Reply> {
  const caller: Caller = { session: 'unknown', step: undefined };
  try {
    return await handle(caller);
  } catch (error) {
    noteRefusal(error, caller, run);
    throw error;
  }
}

/** Counts it; the first of a session and a reason is also logged and, for bytes of a step, told as an event. */
export function noteRefusal(error: unknown, caller: Caller, run: Run): void {
  const { code, details } = statusOf(error);
  const reason = error instanceof RefusedError ? error.code : status[code].toLowerCase();
  const isFirst = run.refusals.note(reason, caller.session, { step: caller.step, details });
  // Nothing is wrong with bytes that meet the end of this life.
  if (isFirst && caller.step !== undefined && reason !== 'stopping') {
    run.events.record({ type: 'gradient.rejected', step: caller.step, reason: details });
  }
}
