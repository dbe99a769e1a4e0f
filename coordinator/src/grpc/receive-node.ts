import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { Transport } from '@atelier/shared/memory/transport';
import type { NodeBuffer } from '../training/node-buffer.ts';
import { LATER, soon } from './later.ts';

/** A node whose header has come, and whose bytes come when they are asked for. */
export interface AnnouncedNode {
  /** Aborts when its sender is there no more, or gives up. */
  readonly gone: AbortSignal;
  readonly transport: Transport;
  /** @throws RefusedError */
  bring(buffer: NodeBuffer): Promise<void>;
}

export interface NodeTaker {
  /** @returns what to call when it was received, or was not; undefined when there was no room until the signal */
  admit(signal: AbortSignal): Promise<(() => void) | undefined>;
  /** @returns why the node is not wanted any more, if it is not */
  refusal(): PushReceipt | undefined;
  allocate(): NodeBuffer;
  /** All bytes are here. A buffer that is not handed over is released. */
  take(buffer: NodeBuffer): PushReceipt;
}

/** Receives a node when there is room for it. @throws RefusedError, what the taker throws */
export async function receiveNode(node: AnnouncedNode, taker: NodeTaker): Promise<PushReceipt> {
  const leave = await soon(node.gone, (signal) => taker.admit(signal));
  if (leave === undefined) return LATER;
  let buffer: NodeBuffer | undefined;
  try {
    // Others may have come first while it waited.
    const refusal = taker.refusal();
    if (refusal !== undefined) return refusal;
    buffer = taker.allocate();
    await node.bring(buffer);
    return taker.take(buffer);
  } finally {
    buffer?.release();
    leave();
  }
}
