import { Metadata, type ServerDuplexStream, type ServerReadableStream } from '@grpc/grpc-js';

/** Well within the deadline of a call. */
const PATIENCE_MS = 20_000;

/** Aborts when whoever called is there no more, or gives up. */
export function goneOf(
  call: ServerReadableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
): AbortSignal {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  return gone.signal;
}

/** Waits for room as long as it does any good: the sender is there, and has not waited for too long. */
export async function soon<Result>(
  gone: AbortSignal,
  wait: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const patience = new AbortController();
  const end = (): void => patience.abort();
  const timer = setTimeout(end, PATIENCE_MS);
  gone.addEventListener('abort', end);
  if (gone.aborted) end();
  try {
    return await wait(patience.signal);
  } finally {
    clearTimeout(timer);
    gone.removeEventListener('abort', end);
  }
}

/** Tells a sender whose header has come that there is room: it sends nothing else before, so that nothing has to be kept. */
export function letIn(call: ServerReadableStream<unknown, unknown>): void {
  call.sendMetadata(new Metadata());
}
