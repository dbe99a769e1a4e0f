import { checksumOf, chunksOf } from '@atelier/proto/frames';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { SegmentName } from '@atelier/shared/memory/segment';
import type { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Transport } from '@atelier/shared/memory/transport';
import type { ClientWritableStream, requestCallback } from '@grpc/grpc-js';
import { dataPlaneErrorOf } from './data-plane-error.ts';

/** What every header says of the bytes. */
interface TensorHeader {
  readonly numBytes: number;
  /** Of the data that follow. */
  readonly crc32?: number;
  /** Where they lie; without it they follow. */
  readonly segment?: SegmentName;
}

/** A header, then bytes in chunks: the two kinds of message of every upload. */
interface UploadMessage<Header> {
  readonly header?: Header & TensorHeader;
  readonly data?: Uint8Array;
}

/** How bytes can be brought to a receiver. */
interface UploadWays<Header> {
  /** Opens a call for a header and what follows it. */
  open(callback: requestCallback<PushReceipt>): ClientWritableStream<UploadMessage<Header>>;
  /** Says where they lie. Default: by a call for the header alone. */
  lend?(header: Header & TensorHeader): Promise<PushReceipt>;
}

export interface Upload<Header> {
  /** All of it but what it says of the bytes. */
  readonly header: Header;
  /** Must not change until the receipt is there. */
  readonly bytes: Uint8Array;
  readonly memory: SharedMemory;
  /** The receiver's: equal to that of `memory` where it can read that. */
  readonly memoryId: string;
  /** It is not wanted any more: ends what is still being sent. What is sent may be taken, and is waited for. */
  readonly signal: AbortSignal;
  /** Nobody waits for it any more: ends it in any case. */
  readonly closing: AbortSignal;
}

export interface Uploaded {
  readonly receipt: PushReceipt;
  readonly transport: Transport;
}

/**
 * Brings bytes to a receiver that has room for them, however long that takes: through memory where it can, else over the
 * call, no faster than the other side reads.
 * @throws ServiceError of gRPC, CANCELLED when a signal aborts it
 */
export async function upload<Header>(what: Upload<Header>, ways: UploadWays<Header>): Promise<Uploaded> {
  const { bytes, memory, memoryId } = what;
  for (;;) {
    const lent = await memory.lendTo(memoryId, bytes);
    try {
      const receipt =
        lent === undefined
          ? await send(what, { crc32: checksumOf(bytes) }, ways)
          : await lend(what, lent.name, ways);
      if (receipt.status !== 'later') return { receipt, transport: lent === undefined ? 'grpc' : 'memory' };
    } catch (error) {
      const failure = dataPlaneErrorOf(error);
      if (failure.code !== 'unseen') throw error;
      memory.turnOff(failure.message);
    } finally {
      lent?.release();
    }
  }
}

async function lend<Header>(
  what: Upload<Header>,
  segment: SegmentName,
  ways: UploadWays<Header>,
): Promise<PushReceipt> {
  const { header, bytes, signal } = what;
  if (ways.lend === undefined) return send(what, { segment }, ways);
  signal.throwIfAborted();
  return ways.lend({ ...header, numBytes: bytes.byteLength, segment });
}

async function send<Header>(
  { header, bytes, signal, closing }: Upload<Header>,
  where: Pick<TensorHeader, 'crc32' | 'segment'>,
  { open }: UploadWays<Header>,
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
    // The receiver says by the call's metadata that it has room for what follows the header.
    room = new Promise((come) => call?.once('metadata', come));
  });
  const cancel = () => call?.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  closing.addEventListener('abort', cancel, { once: true });
  try {
    call?.write({ header: { ...header, numBytes: bytes.byteLength, ...where } });
    if (where.segment !== undefined) call?.end();
    else if (call !== undefined) await write(call, bytes, { receipt, room });
    signal.removeEventListener('abort', cancel);
    return await receipt;
  } finally {
    signal.removeEventListener('abort', cancel);
    closing.removeEventListener('abort', cancel);
  }
}

/** The receiver may answer (duplicate, stale) or fail before it has read all; there is nothing to wait for then. */
async function write(
  call: ClientWritableStream<UploadMessage<never>>,
  bytes: Uint8Array,
  { receipt, room }: { readonly receipt: Promise<PushReceipt>; readonly room: Promise<unknown> | undefined },
): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  const over = receipt.then(end, end);
  await Promise.race([room, over]);
  for (const data of chunksOf(bytes)) {
    if (isOver) return;
    if (!call.write({ data })) {
      await Promise.race([new Promise<void>((resolve) => call.once('drain', resolve)), over]);
    }
  }
  call.end();
}
