import type { ServerDuplexStream, ServerReadableStream } from '@grpc/grpc-js';

/**
 * The messages of a call. Whoever stops reading early does not destroy the stream by that: an answer may still be
 * on its way. @throws (from `next`) when the connection is lost or the peer cancels
 */
export function messagesOf<Message>(
  call: ServerReadableStream<Message, unknown> | ServerDuplexStream<Message, unknown>,
): AsyncIterator<Message, undefined> {
  return call.iterator({ destroyOnReturn: false });
}
