import { chunksOf } from '@atelier/proto/frames';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ClientWritableStream, requestCallback } from '@grpc/grpc-js';

/** A header, then bytes in chunks: the two kinds of message of every upload. */
interface UploadMessage<Header> {
  readonly header?: Header;
  readonly data?: Uint8Array;
}

export interface Upload<Header> {
  readonly header: Header;
  /** Must not change until the receipt is there. */
  readonly bytes: Uint8Array;
  /** It is not wanted any more: ends what is still being sent. What is sent may be taken, and is waited for. */
  readonly signal: AbortSignal;
  /** Nobody waits for it any more: ends it in any case. */
  readonly closing: AbortSignal;
}

/**
 * Sends header and bytes over one client-streaming call, no faster than the other side reads.
 * @throws ServiceError of gRPC, CANCELLED when a signal aborts it
 */
export async function upload<Header>(
  { header, bytes, signal, closing }: Upload<Header>,
  open: (callback: requestCallback<PushReceipt>) => ClientWritableStream<UploadMessage<Header>>,
  waitsForRoom = false,
): Promise<PushReceipt> {
  signal.throwIfAborted();
  closing.throwIfAborted();
  let call: ClientWritableStream<UploadMessage<Header>> | undefined;
  let room: Promise<unknown> | undefined;
  const receipt = new Promise<PushReceipt>((resolve, reject) => {
    call = open((error, value) => {
      if (value === undefined) reject(error ?? new Error('the call ended without a receipt'));
      else resolve(value);
    });
    if (waitsForRoom) room = new Promise((come) => call?.once('metadata', come));
  });
  const cancel = () => call?.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  closing.addEventListener('abort', cancel, { once: true });
  try {
    if (call !== undefined) await write(call, header, bytes, { receipt, room });
    signal.removeEventListener('abort', cancel);
    return await receipt;
  } finally {
    signal.removeEventListener('abort', cancel);
    closing.removeEventListener('abort', cancel);
  }
}

/** As `upload`, when the receiver has room for the bytes, however long that takes: it says so by the call's metadata. */
export async function uploadInTurn<Header>(
  what: Upload<Header>,
  open: (callback: requestCallback<PushReceipt>) => ClientWritableStream<UploadMessage<Header>>,
): Promise<PushReceipt> {
  for (;;) {
    const receipt = await upload(what, open, true);
    if (receipt.status !== 'later') return receipt;
  }
}

/** The receiver may answer (duplicate, stale) or fail before it has read all; there is nothing to wait for then. */
async function write<Header>(
  call: ClientWritableStream<UploadMessage<Header>>,
  header: Header,
  bytes: Uint8Array,
  { receipt, room }: { readonly receipt: Promise<PushReceipt>; readonly room: Promise<unknown> | undefined },
): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  const over = receipt.then(end, end);
  call.write({ header });
  if (room !== undefined) await Promise.race([room, over]);
  for (const data of chunksOf(bytes)) {
    if (isOver) return;
    if (!call.write({ data })) {
      await Promise.race([new Promise<void>((resolve) => call.once('drain', resolve)), over]);
    }
  }
  call.end();
}
