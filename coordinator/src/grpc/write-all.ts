import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** Writes no faster than the other side reads, and ends the call. Stops quietly when the other side is gone. */
export async function writeAll<Message>(
  call: ServerWritableStream<unknown, Message>,
  messages: Iterable<Message>,
): Promise<void> {
  const gone = new AbortController();
  // With a reason: an error that nobody looks at is not made.
  call.once('close', () => gone.abort('closed'));
  try {
    for (const message of messages) {
      if (!call.writable) return;
      if (!call.write(message)) await once(call, 'drain', { signal: gone.signal });
    }
    call.end();
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}
