import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import { Deferred } from '@atelier/shared/async/deferred';
import type { RunEvent } from '@atelier/shared/events/run-event';
import type { Context } from 'hono';
import { type SSEMessage, type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { Operator } from '../operator/operator.ts';
import { eventsAfter, latestEvents } from './past-events.ts';

/** Told to one who comes for the first time. */
const NUM_LATEST = 100;
/** Of one who does not read. */
const MOST_WAITING = 10_000;
/** Also of a run that is paused: its workers are heard, and who watches knows that the connection lives. */
const STATUS_MS = 2_000;

export interface EventStreamModules {
  readonly operator: Operator;
  /** Of events.jsonl. */
  readonly path: string;
  readonly runId: string;
}

/**
 * Server-sent events: `status` now, when something has happened and every two seconds, and every `event` of the run.
 * Who comes again with the id of the last one (as Last-Event-ID or `?after=`) is told all that happened meanwhile, also
 * in other lives of the coordinator; who comes first, the latest.
 */
export function streamEvents(context: Context, modules: EventStreamModules): Response {
  // Else the connection would be kept for another request, and the server wait for it when it stops.
  context.header('connection', 'close');
  context.header('x-accel-buffering', 'no');
  const lastEventId = context.req.header('last-event-id') ?? context.req.query('after');
  return streamSSE(context, (stream) => tell(stream, lastEventId, modules));
}

async function tell(
  stream: SSEStreamingApi,
  lastEventId: string | undefined,
  { operator, path, runId }: EventStreamModules,
): Promise<void> {
  const over = new Deferred<void>();
  let numWaiting = 0;
  let written = Promise.resolve();
  const send = (message: SSEMessage): void => {
    if (numWaiting > MOST_WAITING) {
      over.resolve();
      return;
    }
    numWaiting += 1;
    written = stream.writeSSE(message).finally(() => {
      numWaiting -= 1;
    });
  };
  let last = sequenceOf(lastEventId, runId);
  const sendEvent = (event: RunEvent): void => {
    if (event.sequence <= last) return;
    last = event.sequence;
    send({ event: 'event', id: `${runId}:${event.sequence}`, data: JSON.stringify(event) });
  };
  /** What happens while the past is read. */
  let meanwhile: RunEvent[] | undefined = [];
  const sendStatus = (status: RunStatus): void => send({ event: 'status', data: JSON.stringify(status) });
  const leave = operator.watch({
    status: sendStatus,
    event: (event) => (meanwhile === undefined ? sendEvent(event) : meanwhile.push(event)),
    ended: () => void written.finally(() => over.resolve()),
  });
  stream.onAbort(() => over.resolve());
  const telling = setInterval(() => sendStatus(operator.status()), STATUS_MS).unref();
  try {
    const past = last < 0 ? await latestEvents(path, NUM_LATEST) : await eventsAfter(path, last);
    for (const event of [...past, ...meanwhile]) sendEvent(event);
    meanwhile = undefined;
    await over.promise;
    // Of a run that was over when the past was still read.
    await written;
  } finally {
    clearInterval(telling);
    leave();
  }
}

/** -1 where there is none, or it is of another run at the same address. */
function sequenceOf(id: string | undefined, runId: string): number {
  if (id === undefined || !id.startsWith(`${runId}:`)) return -1;
  const sequence = Number(id.slice(runId.length + 1));
  return Number.isSafeInteger(sequence) ? sequence : -1;
}
