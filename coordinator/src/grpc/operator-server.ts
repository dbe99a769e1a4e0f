import type { OperatorHandlers } from '@atelier/proto/generated/atelier/v1/Operator';
import type { WatchMessageInput } from '@atelier/proto/generated/atelier/v1/WatchMessage';
import type { WatchRequest } from '@atelier/proto/generated/atelier/v1/WatchRequest';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Operator } from '../operator/operator.ts';
import { answerWith, type RefusalNotes } from './answer.ts';

/** Messages that wait for a watcher that does not read. */
const MOST_WAITING = 10_000;

export interface OperatorServerModules {
  readonly notes: RefusalNotes;
  readonly operator: Operator;
}

/** What a person asks for. */
export function createOperatorHandlers({ notes, operator }: OperatorServerModules): OperatorHandlers {
  return {
    Status: (_, callback) => void answerWith(callback, notes, async () => operator.status()),
    Watch: (call) => watch(call, operator),
    Pause: (_, callback) => void answerWith(callback, notes, async () => operator.pause()),
    Resume: (_, callback) => void answerWith(callback, notes, async () => operator.resume()),
    Checkpoint: (_, callback) => void answerWith(callback, notes, () => operator.checkpoint()),
    Drain: ({ request }, callback) =>
      void answerWith(callback, notes, async () => operator.drain(request.worker)),
    Stop: ({ request }, callback) =>
      void answerWith(callback, notes, async () => operator.stop({ checkpoint: request.checkpoint })),
    ReportEvaluation: ({ request }, callback) =>
      void answerWith(callback, notes, async () => operator.evaluate(request)),
  };
}

function watch(call: ServerWritableStream<WatchRequest, WatchMessageInput>, operator: Operator): void {
  const send = (message: WatchMessageInput) => {
    if (!call.writable) return;
    if (call.writableLength < MOST_WAITING) {
      call.write(message);
      return;
    }
    leave();
    call.emit('error', {
      code: status.RESOURCE_EXHAUSTED,
      details: `${MOST_WAITING} messages wait to be read, the most that are kept: read faster`,
    });
  };
  const leave = operator.watch({
    status: (current) => send({ status: current }),
    event: (event) => send({ eventJson: JSON.stringify(event) }),
    ended: () => {
      if (call.writable) call.end();
    },
  });
  call.on('cancelled', leave);
  call.on('close', leave);
}
