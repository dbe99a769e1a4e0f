import type { NodeChunk } from '@atelier/proto/generated/atelier/v1/NodeChunk';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { Transport } from '@atelier/shared/memory/transport';
import type { ServerReadableStream } from '@grpc/grpc-js';
import type { NodeBuffer } from '../run/node-buffer.ts';
import { LATER, letIn, soon } from './later.ts';
import { type Frame, receiveBytes, type TensorHeader } from './receive-tensor.ts';

/** A node whose header has come. */
export interface AnnouncedNode<Header extends TensorHeader> {
  readonly call: ServerReadableStream<NodeChunk, PushReceipt>;
  readonly frames: AsyncIterator<Frame<Header>>;
  readonly header: Header;
}

export interface NodeTaker {
  /** @returns what to call when it was received, or was not; undefined when there was no room until the signal */
  admit(signal: AbortSignal): Promise<(() => void) | undefined>;
  /** @returns why the node is not wanted any more, if it is not */
  refusal(): PushReceipt | undefined;
  allocate(): NodeBuffer;
  /** All bytes are here. A buffer that is not handed over is released. */
  take(buffer: NodeBuffer, transport: Transport): PushReceipt;
}

/** Receives a node when there is room for it. @throws RefusedError, what the taker throws */
export async function receiveNode<Header extends TensorHeader>(
  { call, frames, header }: AnnouncedNode<Header>,
  taker: NodeTaker,
): Promise<PushReceipt> {
  const leave = await taker.admit(soon(call));
  if (leave === undefined) return LATER;
  let buffer: NodeBuffer | undefined;
  try {
    // Others may have come first while it waited.
    const refusal = taker.refusal();
    if (refusal !== undefined) return refusal;
    buffer = taker.allocate();
    if (header.segment === null) letIn(call);
    const transport = await receiveBytes(frames, header, buffer);
    return taker.take(buffer, transport);
  } finally {
    buffer?.release();
    leave();
  }
}
