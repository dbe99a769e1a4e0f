import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ServerReadableStream } from '@grpc/grpc-js';

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
