import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { Transport } from '@atelier/shared/memory/transport';
import type { NodeBuffer } from '../training/node-buffer.ts';
import { soon } from './later.ts';

/** A node whose header has come, and whose bytes come when they are asked for. */
export interface AnnouncedNode {
  /** Aborts when its sender is there no more, or gives up. */
  readonly gone: AbortSignal;
  readonly transport: Transport;
  /** @throws RefusedError */
  bring(buffer: NodeBuffer): Promise<void>;
}

/** A node whose header was found good, and the place for its bytes. */
export interface AdmittedNode {
  readonly buffer: NodeBuffer;
  /** All bytes are here. A buffer that is not handed over is released. @throws RefusedError */
  take(): PushReceipt;
  /** It was received, or was not. */
  leave(): void;
}

/**
 * Receives a node when there is room for it.
 * @param admit waits for room until the signal; gives the receipt of a node whose bytes are not wanted
 * @throws RefusedError
 */
export async function receiveNode(
  { gone, bring }: AnnouncedNode,
  admit: (signal: AbortSignal) => Promise<AdmittedNode | { readonly receipt: PushReceipt }>,
): Promise<PushReceipt> {
  const admitted = await soon(gone, admit);
  if ('receipt' in admitted) return admitted.receipt;
  try {
    await bring(admitted.buffer);
    return admitted.take();
  } finally {
    admitted.buffer.release();
    admitted.leave();
  }
}
