import { cloudEventOf, messageIdOf } from '@atelier/shared/events/cloud-event';
import { subjectOf } from '@atelier/shared/events/event-subject';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';

const ACK_MS = 5_000;
/** Of the server: wrong last message id, wrong last sequence. */
const OUT_OF_TURN: ReadonlySet<number> = new Set([10_070, 10_071]);

export interface Message {
  readonly id: string;
  readonly subject: string;
  /** A CloudEvent as JSON. */
  readonly body: string;
}

/** Where the run's newest message stands, as far as we know; 0 for nowhere. */
export interface Place {
  /** All subjects of the run. */
  readonly subjects: string;
  readonly sequence: number;
}

export interface Sent {
  readonly numStored: number;
  readonly sequence: number;
  /** Why not all of them were stored. */
  readonly fault: Error | undefined;
}

export function messageOf(event: RunEvent, runToken: string): Message {
  return {
    id: messageIdOf(event),
    subject: subjectOf(runToken, event.type),
    body: JSON.stringify(cloudEventOf(event, runToken)),
  };
}

/**
 * Sends all of them at once. The first names the place of the run's newest message in the stream; each other names its
 * predecessor, which must be the newest message of all. So where one is refused, all that come after it are, too.
 */
export async function sendBatch(
  stream: JetStreamClient,
  messages: readonly Message[],
  { subjects, sequence }: Place,
): Promise<Sent> {
  const results = await Promise.allSettled(
    messages.map(({ id, subject, body }, i) => {
      const before = messages[i - 1];
      const expect =
        before === undefined
          ? { lastSubjectSequence: sequence, lastSubjectSequenceSubject: subjects }
          : { lastMsgID: before.id };
      return stream.publish(subject, body, { msgID: id, timeout: ACK_MS, expect });
    }),
  );
  const sent = { numStored: 0, sequence };
  for (const result of results) {
    if (result.status === 'rejected') {
      const { reason }: { readonly reason: unknown } = result;
      return { ...sent, fault: reason instanceof Error ? reason : new Error(String(reason)) };
    }
    sent.numStored += 1;
    sent.sequence = result.value.seq;
  }
  return { ...sent, fault: undefined };
}

/** Whether another's message came between. */
export function isOutOfTurn(fault: Error): boolean {
  return fault instanceof JetStreamApiError && OUT_OF_TURN.has(fault.code);
}
