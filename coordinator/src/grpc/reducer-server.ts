import type { InitialChunk } from '@atelier/proto/generated/atelier/v1/InitialChunk';
import type { ParameterChunkInput } from '@atelier/proto/generated/atelier/v1/ParameterChunk';
import type { PullRequest } from '@atelier/proto/generated/atelier/v1/PullRequest';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ReducerHandlers } from '@atelier/proto/generated/atelier/v1/Reducer';
import type { ServerReadableStream, ServerWritableStream } from '@grpc/grpc-js';
import type { Caller } from '../refusals/caller.ts';
import type { DataPlane } from '../run/data-plane.ts';
import { type HeadedNode, pushedNode, takeLentNodes } from './announced-nodes.ts';
import { answerWith, noteRefusal, notingRefusals, type RefusalNotes } from './answer.ts';
import { letIn } from './later.ts';
import { messagesOf } from './messages-of.ts';
import { receiveNode } from './receive-node.ts';
import { receiveBytes, receiveHeader } from './receive-tensor.ts';
import { sendPublished } from './send-published.ts';
import { statusOf } from './status-of.ts';

export interface ReducerModules {
  readonly dataPlane: DataPlane;
  readonly notes: RefusalNotes;
}

/** The data plane as it travels. */
export function createReducerHandlers({ dataPlane, notes }: ReducerModules): ReducerHandlers {
  return {
    PushNode: (call, callback) =>
      void answerWith(callback, notes, async (caller) => takeNode(await pushedNode(call), dataPlane, caller)),
    LendNodes: (call) =>
      void takeLentNodes(call, (announced) =>
        notingRefusals(notes, (caller) => takeNode(announced(), dataPlane, caller)),
      ),
    PushInitial: (call, callback) =>
      void answerWith(callback, notes, (caller) => takeInitial(call, dataPlane, caller)),
    PushSample: (call, callback) =>
      void answerWith(callback, notes, (caller) => dataPlane.takeSample(call.request, caller)),
    PullParameters: (call) => void sendParameters(call, dataPlane, notes),
  };
}

function takeNode(announced: HeadedNode, dataPlane: DataPlane, caller: Caller): Promise<PushReceipt> {
  const { header, transport } = announced;
  return receiveNode(announced, (signal) => dataPlane.admitNode(header, { transport, caller, signal }));
}

async function takeInitial(
  call: ServerReadableStream<InitialChunk, PushReceipt>,
  dataPlane: DataPlane,
  caller: Caller,
): Promise<PushReceipt> {
  const frames = messagesOf<InitialChunk>(call);
  const header = await receiveHeader(frames);
  const unwanted = dataPlane.admitInitial(header, caller);
  if (unwanted !== undefined) return unwanted;
  const bytes = new Uint8Array(header.numBytes);
  if (header.segment === null) letIn(call);
  const transport = await receiveBytes(frames, header, {
    partAt: (atByte, numBytes) => bytes.subarray(atByte, atByte + numBytes),
  });
  return dataPlane.takeInitial(bytes, transport);
}

async function sendParameters(
  call: ServerWritableStream<PullRequest, ParameterChunkInput>,
  dataPlane: DataPlane,
  notes: RefusalNotes,
): Promise<void> {
  const caller: Caller = { session: 'unknown', step: undefined };
  try {
    const { kind, bytes } = dataPlane.bytesOf(call.request, caller);
    const { group } = call.request;
    const transport = await sendPublished(call, { group, isDifference: kind === 'difference', bytes });
    dataPlane.sent(kind, bytes.numBytes, transport);
  } catch (error) {
    noteRefusal(error, caller, notes);
    call.emit('error', statusOf(error));
  }
}
