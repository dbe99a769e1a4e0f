import type { ParameterChunkInput } from '@atelier/proto/generated/atelier/v1/ParameterChunk';
import type { PreparedSliceInput } from '@atelier/proto/generated/atelier/v1/PreparedSlice';
import type { PullRequest } from '@atelier/proto/generated/atelier/v1/PullRequest';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ReducerHandlers } from '@atelier/proto/generated/atelier/v1/Reducer';
import type { SliceReply } from '@atelier/proto/generated/atelier/v1/SliceReply';
import type { SliceRequest } from '@atelier/proto/generated/atelier/v1/SliceRequest';
import type { SlicesHandlers } from '@atelier/proto/generated/atelier/v1/Slices';
import type { SnapshotRequest } from '@atelier/proto/generated/atelier/v1/SnapshotRequest';
import type { StateChunk, StateChunkInput } from '@atelier/proto/generated/atelier/v1/StateChunk';
import type { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { NodeId } from '@atelier/shared/tree/node-id';
import type { ServerReadableStream, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { publish } from '../published/published-parameters.ts';
import { HeldSlice } from '../reducers/held-slice.ts';
import type { SliceHolder } from '../reducers/slice-holder.ts';
import { checkLength } from '../refusals/check-length.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { admitNode } from '../training/admit-node.ts';
import { ACCEPTED, LATER } from '../training/push-receipts.ts';
import { type HeadedNode, pushedNode, takeLentNodes } from './announced-nodes.ts';
import { messagesOf } from './messages-of.ts';
import { receiveNode } from './receive-node.ts';
import { sendPublished } from './send-published.ts';
import { framesOfState, receiveParts, receiveStateHeader } from './state-stream.ts';
import { statusOf } from './status-of.ts';
import { writeAll } from './write-all.ts';

export interface SlicesModules {
  readonly holder: SliceHolder;
  readonly log: Logger;
  readonly memory: SharedMemory;
}

/** What a reducer does for its coordinator. */
export function createSlicesHandlers(modules: SlicesModules): SlicesHandlers {
  const { holder, log } = modules;
  return {
    Load: (call, done) => void answer(done, log, () => load(call, modules)),
    Prepare: ({ request }, done) => void answer(done, log, () => prepare(request, holder)),
    Commit: ({ request }, done) =>
      void answer(done, log, () => {
        holder.of(request.formation).state.commit(request.step, Float64Array.from(request.tensorSums));
        return {};
      }),
    Abandon: ({ request }, done) =>
      void answer(done, log, () => {
        holder.of(request.formation).state.abandon();
        return {};
      }),
    Snapshot: (call) => void snapshot(call, holder),
  };
}

/** What a reducer does for workers. */
export function createSliceReducerHandlers({ holder, log }: SlicesModules): ReducerHandlers {
  const elsewhere = () =>
    statusOf(
      new RefusedError('bad-message', 'a reducer does not answer this call: send it to the coordinator'),
    );
  return {
    PushNode: (call, done) => void answer(done, log, async () => takeSlice(await pushedNode(call), holder)),
    LendNodes: (call) =>
      void takeLentNodes(call, (announced) => logging(log, () => takeSlice(announced(), holder))),
    PullParameters: (call) => void pullParameters(call, holder),
    PushInitial: (_, done) => done(elsewhere(), null),
    PushSample: (_, done) => done(elsewhere(), null),
  };
}

/** Ends a call with its reply or its error. Never throws. */
async function answer<Reply>(
  done: sendUnaryData<Reply>,
  log: Logger,
  work: () => Promise<Reply> | Reply,
): Promise<void> {
  try {
    done(null, await logging(log, work));
  } catch (error) {
    done(statusOf(error), null);
  }
}

/** @throws what `work` throws, when it is logged */
async function logging<Reply>(log: Logger, work: () => Promise<Reply> | Reply): Promise<Reply> {
  try {
    return await work();
  } catch (error) {
    log.warn({ err: error }, 'not done');
    throw error;
  }
}

async function load(
  call: ServerReadableStream<StateChunk, SliceReply>,
  { holder, log, memory }: SlicesModules,
): Promise<SliceReply> {
  const frames = messagesOf<StateChunk>(call);
  const order = await receiveStateHeader(frames);
  const slice = new HeldSlice(order, memory);
  slice.restore(await receiveParts(frames, (group) => slice.partBytesOf(group)));
  holder.hold(slice);
  const { step, index, numReducers } = order;
  log.info({ step, index, numReducers }, 'slice held');
  return {};
}

function prepare({ formation, step }: SliceRequest, holder: SliceHolder): PreparedSliceInput {
  const { squares, nonFinite, fragmentSums } = holder.of(formation).state.prepare(step);
  return { squares: [...squares], nonFinite: nonFinite ?? -1, fragmentSums: [...fragmentSums] };
}

async function snapshot(
  call: ServerWritableStream<SnapshotRequest, StateChunkInput>,
  holder: SliceHolder,
): Promise<void> {
  try {
    const { formation, step, kind, group } = call.request;
    const parts = holder.of(formation).snapshot(step, kind, group);
    await writeAll(call, framesOfState({ formation, step }, parts));
  } catch (error) {
    call.emit('error', statusOf(error));
  }
}

async function takeSlice(announced: HeadedNode, holder: SliceHolder): Promise<PushReceipt> {
  const { transport } = announced;
  const { identity, step, node, ...header } = announced.header;
  if (identity === null || node === null)
    throw RefusedError.mismatch('bad-message', 'header', 'no identity or node', 'both');
  const slice = holder.of(identity.incarnation);
  if (identity.layoutHash !== slice.layoutHash)
    throw RefusedError.mismatch('wrong-layout', 'layout_hash', identity.layoutHash, slice.layoutHash);
  const { numBytes } = header;
  /** Another slice may be held by then. */
  const refusalOf = (): { readonly receipt: PushReceipt } | undefined => {
    const receipt = precheck(holder.of(identity.incarnation), step, node);
    if (receipt === undefined) checkLength(numBytes, slice.state.nodeBytesOf(step));
    return receipt && { receipt };
  };
  return receiveNode(announced, async (signal) => {
    const admitted = await admitNode(slice.state, { step, node }, refusalOf, signal);
    if (admitted === undefined) return { receipt: LATER };
    if ('refusal' in admitted) return admitted.refusal;
    const take = (): PushReceipt => {
      holder.received(numBytes, transport);
      const late = refusalOf();
      if (late === undefined) slice.state.replaceNode(step, node, admitted.place.buffer);
      return late?.receipt ?? ACCEPTED;
    };
    return { ...admitted.place, take };
  });
}

/** @returns why the node is not wanted, if it is not. @throws RefusedError 'future-step' */
function precheck({ state }: HeldSlice, step: number, node: NodeId): PushReceipt | undefined {
  if (step < state.step) return { status: 'stale', detail: `step ${step} is over: ${state.step}` };
  if (step > state.step) throw RefusedError.mismatch('future-step', 'step', step, state.step);
  return state.isCounted(node) ? { status: 'duplicate', detail: 'it is counted already' } : undefined;
}

async function pullParameters(
  call: ServerWritableStream<PullRequest, ParameterChunkInput>,
  holder: SliceHolder,
): Promise<void> {
  try {
    const { incarnation, group, version, kind, hasPrevious, byMemory } = call.request;
    if (kind !== 'parameters') throw RefusedError.mismatch('bad-message', 'kind', kind, 'parameters');
    const { state, published } = holder.of(incarnation);
    const current = state.versionOf(group);
    if (version !== current)
      throw RefusedError.mismatch('stale-version', `version of '${group}'`, version, current);
    const { kind: form, bytes } = publish(published, state, { group, hasPrevious, byMemory });
    const transport = await sendPublished(call, { group, isDifference: form === 'difference', bytes });
    holder.sent(form, bytes.numBytes, transport);
  } catch (error) {
    call.emit('error', statusOf(error));
  }
}
