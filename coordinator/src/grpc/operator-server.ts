import type { OperatorHandlers } from '@atelier/proto/generated/atelier/v1/Operator';
import type { WatchMessageInput } from '@atelier/proto/generated/atelier/v1/WatchMessage';
import type { WatchRequest } from '@atelier/proto/generated/atelier/v1/WatchRequest';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Reception } from '../run/reception.ts';
import type { Run } from '../run/run.ts';
import { statusOf as runStatusOf } from '../run/run-status.ts';
import { answerWith } from './answer.ts';

const STATUS_INTERVAL_MS = 200;
/** Messages that wait for a watcher that does not read. */
const MOST_WAITING = 10_000;

export interface OperatorModules {
  readonly run: Run;
  readonly reception: Reception;
  /** Ends the coordinator, not only the run. Called once the caller has its answer. */
  readonly stop: (options: { readonly checkpoint: boolean }) => void;
}

/** What a person asks for. */
export function createOperatorHandlers({ run, reception, stop }: OperatorModules): OperatorHandlers {
  return {
    Status: (_, callback) => void answerWith(callback, run, async () => runStatusOf(run)),
    Watch: (call) => watch(call, run),
    Pause: (_, callback) =>
      void answerWith(callback, run, async () => {
        run.pause();
        return runStatusOf(run);
      }),
    Resume: (_, callback) =>
      void answerWith(callback, run, async () => {
        run.resume();
        return runStatusOf(run);
      }),
    Checkpoint: (_, callback) => void answerWith(callback, run, () => run.checkpoint()),
    Drain: ({ request }, callback) =>
      void answerWith(callback, run, async () => {
        reception.drain(run.sessions.ofWorker(request.worker));
        return runStatusOf(run);
      }),
    Stop: ({ request }, callback) =>
      void answerWith(callback, run, async () => {
        setImmediate(() => stop({ checkpoint: request.checkpoint }));
        return { ...runStatusOf(run), state: 'stopping' };
      }),
  };
}

/** Every event at once; the status at most five times a second, after something has happened. */
function watch(call: ServerWritableStream<WatchRequest, WatchMessageInput>, run: Run): void {
  let timer: NodeJS.Timeout | undefined;
  const send = (message: WatchMessageInput) => {
    if (!call.writable) return;
    if (call.writableLength < MOST_WAITING) {
      call.write(message);
      return;
    }
    leave();
    call.emit('error', {
      code: status.RESOURCE_EXHAUSTED,
      details: `${MOST_WAITING} messages wait: read faster`,
    });
  };
  const sendStatus = () => {
    timer = undefined;
    send({ status: runStatusOf(run) });
  };
  const unsubscribe = run.events.subscribe((event) => {
    send({ eventJson: JSON.stringify(event) });
    timer ??= setTimeout(sendStatus, STATUS_INTERVAL_MS).unref();
  });
  const leave = () => {
    unsubscribe();
    clearTimeout(timer);
  };
  call.on('cancelled', leave);
  call.on('close', leave);
  sendStatus();
  void run.finished.then(() => {
    leave();
    sendStatus();
    if (call.writable) call.end();
  });
}
