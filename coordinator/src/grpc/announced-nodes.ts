import type { LentNode } from '@atelier/proto/generated/atelier/v1/LentNode';
import type { LentReceiptInput } from '@atelier/proto/generated/atelier/v1/LentReceipt';
import type { NodeChunk } from '@atelier/proto/generated/atelier/v1/NodeChunk';
import type { NodeHeader } from '@atelier/proto/generated/atelier/v1/NodeHeader';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import { ignore } from '@atelier/shared/async/ignoring';
import type { ServerDuplexStream, ServerReadableStream } from '@grpc/grpc-js';
import { RefusedError } from '../refusals/refused-error.ts';
import { goneOf, letIn } from './later.ts';
import { messagesOf } from './messages-of.ts';
import type { AnnouncedNode } from './receive-node.ts';
import { receiveChunks, receiveHeader, receiveSegment } from './receive-tensor.ts';
import { statusOf } from './status-of.ts';

export interface HeadedNode extends AnnouncedNode {
  readonly header: NodeHeader;
}

/** The node of a call of its own, whose bytes follow its header. @throws RefusedError 'bad-message' */
export async function pushedNode(call: ServerReadableStream<NodeChunk, PushReceipt>): Promise<HeadedNode> {
  const frames = messagesOf<NodeChunk>(call);
  const header = await receiveHeader(frames);
  return {
    header,
    gone: goneOf(call),
    transport: 'grpc',
    bring: (buffer) => {
      letIn(call);
      return receiveChunks(frames, header, buffer);
    },
  };
}

/**
 * Takes the nodes of a stream, which lie in memory, and answers each when it is taken. Ends the stream when its sender has
 * no more of them. Never throws.
 * @param take what is announced may be no node: RefusedError 'bad-message'
 */
export async function takeLentNodes(
  call: ServerDuplexStream<LentNode, LentReceiptInput>,
  take: (announced: () => HeadedNode) => Promise<PushReceipt>,
): Promise<void> {
  const gone = goneOf(call);
  const answer = async (node: LentNode): Promise<void> => {
    const receipt = await receiptOf(node, () => take(() => lentNode(node, gone)));
    if (call.writable) call.write(receipt);
  };
  const underWay = new Set<Promise<void>>();
  try {
    const messages = messagesOf<LentNode>(call);
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      const answering = answer(next.value).finally(() => underWay.delete(answering));
      underWay.add(answering);
    }
  } catch (error) {
    ignore(error, 'the sender is gone: nobody reads an answer');
  }
  await Promise.all(underWay);
  if (call.writable) call.end();
}

async function receiptOf({ id }: LentNode, take: () => Promise<PushReceipt>): Promise<LentReceiptInput> {
  try {
    return { id, receipt: await take() };
  } catch (error) {
    const { code, details } = statusOf(error);
    return { id, code, details };
  }
}

/** @throws RefusedError 'bad-message' */
function lentNode({ header }: LentNode, gone: AbortSignal): HeadedNode {
  const segment = header?.segment ?? null;
  if (header === null || segment === null)
    throw RefusedError.mismatch('bad-message', 'node', 'no header or segment', 'both');
  return {
    header,
    gone,
    transport: 'memory',
    bring: (buffer) => receiveSegment(segment, header.numBytes, buffer),
  };
}
