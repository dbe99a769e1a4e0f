import type { CoordinatorMessageInput } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { TrainingHandlers } from '@atelier/proto/generated/atelier/v1/Training';
import type { WorkerMessage } from '@atelier/proto/generated/atelier/v1/WorkerMessage';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { RefusedError } from '../refusals/refused-error.ts';
import type { Reception } from '../sessions/reception.ts';
import type { Session, WorkerLink } from '../sessions/session.ts';
import { messagesOf } from './messages-of.ts';

export interface TrainingModules {
  readonly reception: Reception;
  readonly log: Logger;
}

type JoinCall = ServerDuplexStream<WorkerMessage, CoordinatorMessageInput>;

/** The control plane: one conversation a stream, its messages taken one after the other. */
export function createTrainingHandlers(modules: TrainingModules): TrainingHandlers {
  return { Join: (call) => void converse(call, modules) };
}

async function converse(call: JoinCall, { reception, log }: TrainingModules): Promise<void> {
  const link = linkOf(call);
  let session: Session | undefined;
  let reason = 'it ended its stream';
  try {
    const messages = messagesOf<WorkerMessage>(call);
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      const message = next.value;
      if (session === undefined) session = reception.greet(message, link);
      else await reception.take(session, message);
    }
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
    if (error instanceof RefusedError) reception.refuse(error, session, link);
    else if (!call.cancelled)
      log.error({ err: error, session: session?.id }, 'connection to a worker failed');
  } finally {
    if (session !== undefined) reception.leave(session, reason);
    link.end();
  }
}

function linkOf(call: JoinCall): WorkerLink {
  return {
    send: (message) => {
      if (call.writable) call.write(message);
    },
    end: () => {
      if (call.writable) call.end();
    },
  };
}
