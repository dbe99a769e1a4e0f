import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import { Metadata, type ServerReadableStream } from '@grpc/grpc-js';

/** Well within the deadline of a call. */
const PATIENCE_MS = 20_000;

/** There was no room for a node, for so long that its sender had better ask again. */
export const LATER: PushReceipt = { status: 'later', detail: 'nodes before it are awaited: push it again' };

/** Until when a node may wait for room: its sender is there, and does not give up. */
export function soon(call: ServerReadableStream<unknown, unknown>): AbortSignal {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  return AbortSignal.any([gone.signal, AbortSignal.timeout(PATIENCE_MS)]);
}

/** Tells a sender whose header has come that there is room: it sends nothing else before, so that nothing has to be kept. */
export function letIn(call: ServerReadableStream<unknown, unknown>): void {
  call.sendMetadata(new Metadata());
}
