import type { NodeId } from '@atelier/shared/tree/node-id';
import type { NodeBuffer } from './node-buffer.ts';

/** What nodes are received into. */
export interface NodeRoom {
  admit(node: NodeId, signal: AbortSignal): Promise<(() => void) | undefined>;
  allocateNode(step: number): NodeBuffer;
}

/** Memory for a node that was let in. */
export interface NodePlace {
  readonly buffer: NodeBuffer;
  /** It was received, or was not. */
  readonly leave: () => void;
}

/**
 * Lets a node in when there is room for it.
 * @param refusalOf says why the node is not wanted, if it is not. Asked again after a wait: others may have come first
 * @returns the place for its bytes; or why it is not wanted; or undefined, when there was no room until the signal
 * @throws what `refusalOf` throws, as NodeRoom
 */
export async function admitNode<Refusal extends object>(
  room: NodeRoom,
  { step, node }: { readonly step: number; readonly node: NodeId },
  refusalOf: () => Refusal | undefined,
  signal: AbortSignal,
): Promise<{ readonly place: NodePlace } | { readonly refusal: Refusal } | undefined> {
  const early = refusalOf();
  if (early !== undefined) return { refusal: early };
  const leave = await room.admit(node, signal);
  if (leave === undefined) return undefined;
  try {
    const refusal = refusalOf();
    if (refusal === undefined) return { place: { buffer: room.allocateNode(step), leave } };
    leave();
    return { refusal };
  } catch (error) {
    leave();
    throw error;
  }
}
