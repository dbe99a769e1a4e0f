import type { CoordinatorMessageInput } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { TrainingHandlers } from '@atelier/proto/generated/atelier/v1/Training';
import type { WorkerMessage } from '@atelier/proto/generated/atelier/v1/WorkerMessage';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { RefusedError } from '../refusals/refused-error.ts';
import type { Run } from '../run/run.ts';
import type { Reception } from '../sessions/reception.ts';
import type { Session, WorkerLink } from '../sessions/session.ts';
import { messagesOf } from './messages-of.ts';

export interface TrainingModules {
  readonly run: Run;
  readonly reception: Reception;
  readonly log: Logger;
}

type JoinCall = ServerDuplexStream<WorkerMessage, CoordinatorMessageInput>;

/** The control plane: one conversation a stream, its messages taken one after the other. */
export function createTrainingHandlers(modules: TrainingModules): TrainingHandlers {
  return { Join: (call) => void converse(call, modules) };
}

async function converse(call: JoinCall, modules: TrainingModules): Promise<void> {
  const link = linkOf(call);
  let session: Session | undefined;
  let reason = 'it ended its stream';
  try {
    const messages = messagesOf<WorkerMessage>(call);
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      const message = next.value;
      if (session === undefined) session = greet(message, link, modules);
      else await take(message, session, modules);
    }
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
    if (error instanceof RefusedError) refuse(error, session, link, modules);
    else if (!call.cancelled)
      modules.log.error({ err: error, session: session?.id }, 'control stream failed');
  } finally {
    if (session !== undefined) modules.reception.leave(session, reason);
    link.end();
  }
}

function greet(message: WorkerMessage, link: WorkerLink, { reception }: TrainingModules): Session {
  const { body, hello } = message;
  if (hello === undefined || hello === null) {
    throw RefusedError.mismatch('bad-message', 'first message of the stream', body ?? 'nothing', 'hello');
  }
  return reception.greet(hello, link);
}

async function take(
  message: WorkerMessage,
  session: Session,
  { reception, run }: TrainingModules,
): Promise<void> {
  if (message.ready) return reception.ready(session, message.ready);
  if (message.heartbeat) return reception.heard(session, message.heartbeat);
  if (message.drainRequest) return reception.drain(session);
  if (message.renderFailed)
    return run.rendering.failed(session, message.renderFailed.step, message.renderFailed.message);
  if (message.blockFailed?.node) {
    const { step, node, message: text } = message.blockFailed;
    run.loop?.advance({ type: 'block-failed', session: session.id, step, node, message: text });
    return;
  }
  throw RefusedError.mismatch(
    'bad-message',
    'message',
    message.body ?? 'nothing',
    'ready, heartbeat, block_failed (with a node), drain_request or render_failed',
  );
}

/** Whoever is refused is told not to come back, unless the run only changes its coordinator; the operator sees why. */
function refuse(
  error: RefusedError,
  session: Session | undefined,
  link: WorkerLink,
  { run }: TrainingModules,
): void {
  const { code, message } = error;
  const worker = session?.hello.workerId ?? 'unknown';
  const isFirst = run.refusals.note(code, session?.id ?? 'unknown', { worker, message });
  if (code === 'stopping') {
    link.send({ stop: { reason: run.outcome?.kind ?? 'stopped', reconnect: run.wantsWorkersBack } });
    return;
  }
  if (isFirst) run.events.record({ type: 'worker.refused', worker, code, reason: message });
  link.send({ refused: { code, message } });
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
