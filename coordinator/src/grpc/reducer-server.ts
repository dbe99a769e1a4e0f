import type { InitialChunk } from '@atelier/proto/generated/atelier/v1/InitialChunk';
import type { ParameterChunkInput } from '@atelier/proto/generated/atelier/v1/ParameterChunk';
import type { PullRequest } from '@atelier/proto/generated/atelier/v1/PullRequest';
import type { PushIdentity } from '@atelier/proto/generated/atelier/v1/PushIdentity';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ReducerHandlers } from '@atelier/proto/generated/atelier/v1/Reducer';
import type { SampleImage } from '@atelier/proto/generated/atelier/v1/SampleImage';
import type { ServerReadableStream, ServerWritableStream } from '@grpc/grpc-js';
import { checkIdentity } from '../identity/run-identity.ts';
import type { SentKind } from '../meter/run-meter.ts';
import type { PublishedBytes } from '../published/published-bytes.ts';
import { publish } from '../published/published-parameters.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import type { Refusal } from '../round/round-status.ts';
import type { Run } from '../run/run.ts';
import type { TrainingLoop } from '../run/training-loop.ts';
import type { Reception } from '../sessions/reception.ts';
import type { Session } from '../sessions/session.ts';
import { type HeadedNode, pushedNode, takeLentNodes } from './announced-nodes.ts';
import { answerWith, type Caller, noteRefusal, notingRefusals } from './answer.ts';
import { letIn } from './later.ts';
import { messagesOf } from './messages-of.ts';
import { receiveNode } from './receive-node.ts';
import { receiveBytes, receiveHeader } from './receive-tensor.ts';
import { sendPublished } from './send-published.ts';
import { statusOf } from './status-of.ts';

export interface ReducerModules {
  readonly run: Run;
  readonly reception: Reception;
}

const ACCEPTED: PushReceipt = { status: 'accepted', detail: '' };

/** The data plane. Everything that a header says is checked before anything is allocated for what follows it. */
export function createReducerHandlers(modules: ReducerModules): ReducerHandlers {
  const { run } = modules;
  return {
    PushNode: (call, callback) =>
      void answerWith(callback, run, async (caller) => takeNode(await pushedNode(call), run, caller)),
    LendNodes: (call) =>
      void takeLentNodes(call, (announced) =>
        notingRefusals(run, (caller) => takeNode(announced(), run, caller)),
      ),
    PushInitial: (call, callback) =>
      void answerWith(callback, run, (caller) => pushInitial(call, modules, caller)),
    PushSample: (call, callback) =>
      void answerWith(callback, run, (caller) => pushSample(call.request, run, caller)),
    PullParameters: (call) => void pullParameters(call, run),
  };
}

async function takeNode(announced: HeadedNode, run: Run, caller: Caller): Promise<PushReceipt> {
  const { header, transport } = announced;
  const { step, node, computeSeconds } = header;
  caller.step = step;
  const { loop, session } = senderOf(header.identity, run, caller);
  if (node === null) throw RefusedError.mismatch('bad-message', 'header.node', 'nothing', 'a node');
  const refusal = (): PushReceipt | undefined => {
    const verdict = loop.precheck(session, step, node);
    return verdict.ok ? undefined : receiptOf(verdict, run, caller);
  };
  const early = refusal();
  if (early !== undefined) return early;
  checkLength(header.numBytes, loop.training.nodeBytesOf(step));
  return receiveNode(announced, {
    admit: (signal) => loop.training.admit(node, signal),
    refusal,
    allocate: () => loop.training.allocateNode(step),
    take: (buffer) => {
      run.meter.received('node', header.numBytes, transport);
      run.assertOpen();
      const taken = loop.deliver({ session, step, node, computeSeconds }, buffer);
      return taken.ok ? ACCEPTED : receiptOf(taken, run, caller);
    },
  });
}

async function pushInitial(
  call: ServerReadableStream<InitialChunk, PushReceipt>,
  { run, reception }: ReducerModules,
  caller: Caller,
): Promise<PushReceipt> {
  const frames = messagesOf<InitialChunk>(call);
  const header = await receiveHeader(frames);
  const { training } = senderOf(header.identity, run, caller).loop;
  const duplicate = { status: 'duplicate', detail: 'the run has its initial parameters already' };
  if (training.hasParameters) return duplicate;
  checkLength(header.numBytes, training.initialBytes);

  const bytes = new Uint8Array(header.numBytes);
  if (header.segment === null) letIn(call);
  const transport = await receiveBytes(frames, header, {
    partAt: (atByte, numBytes) => bytes.subarray(atByte, atByte + numBytes),
  });
  run.meter.received('initial', header.numBytes, transport);
  if (training.hasParameters) return duplicate;
  run.initialize(bytes);
  reception.admitReady();
  return ACCEPTED;
}

async function pushSample(
  { identity, step, png }: SampleImage,
  run: Run,
  caller: Caller,
): Promise<PushReceipt> {
  senderOf(identity, run, caller);
  run.meter.received('sample', png.byteLength, 'grpc');
  const isWanted = await run.rendering.deliver(step, png);
  return isWanted ? ACCEPTED : { status: 'stale', detail: `no sample of step ${step} is wanted` };
}

async function pullParameters(
  call: ServerWritableStream<PullRequest, ParameterChunkInput>,
  run: Run,
): Promise<void> {
  const caller: Caller = { session: 'unknown', step: undefined };
  try {
    const { kind, bytes } = findBytes(call.request, run, caller);
    const { group } = call.request;
    const transport = await sendPublished(call, { group, isDifference: kind === 'difference', bytes });
    run.meter.sent(kind, bytes.numBytes, transport);
  } catch (error) {
    noteRefusal(error, caller, run);
    call.emit('error', statusOf(error));
  }
}

function findBytes(
  request: PullRequest,
  run: Run,
  caller: Caller,
): { readonly kind: SentKind; readonly bytes: PublishedBytes } {
  const { group, version, kind, hasPrevious, byMemory } = request;
  checkIdentity(run.identity, request);
  const { training, definition } = run.assertLoop();
  caller.session = run.sessions.get(request.sessionId).id;
  if (kind === 'ema' || kind === 'statistics')
    return { kind, bytes: run.rendering.bytesOf(version, group, kind) };
  if (kind !== 'parameters') {
    throw RefusedError.mismatch('bad-message', 'kind', kind, ['parameters', 'ema', 'statistics']);
  }
  const groups = definition.groups.map(({ name }) => name);
  if (!groups.includes(group)) throw RefusedError.mismatch('unknown-group', 'group', group, groups);
  if (!training.hasParameters) throw new RefusedError('not-ready', 'the run has no parameters yet');
  const current = training.versionOf(group);
  if (version !== current)
    throw RefusedError.mismatch('stale-version', `version of '${group}'`, version, current);
  return publish(run.published, training, { group, hasPrevious, byMemory });
}

/** @throws RefusedError unless a member of this run, in this life of the coordinator, sends what fits the model */
function senderOf(
  identity: PushIdentity | null,
  run: Run,
  caller: Caller,
): { readonly loop: TrainingLoop; readonly session: Session } {
  if (identity === null)
    throw RefusedError.mismatch('bad-message', 'identity', 'nothing', 'run, incarnation, session and layout');
  checkIdentity(run.identity, identity);
  const loop = run.assertLoop();
  const session = run.sessions.get(identity.sessionId);
  caller.session = session.id;
  if (identity.layoutHash !== loop.layoutHash) {
    throw RefusedError.mismatch('wrong-layout', 'layout_hash', identity.layoutHash, loop.layoutHash);
  }
  return { loop, session };
}

function checkLength(got: number, wanted: number): void {
  if (got !== wanted) throw RefusedError.mismatch('wrong-length', 'header.num_bytes', got, wanted);
}

/** What comes too late or again does no harm and is no error; anything else is. */
function receiptOf({ code, reason }: Refusal, run: Run, caller: Caller): PushReceipt {
  switch (code) {
    case 'stale-step':
    case 'duplicate':
    case 'overlap':
      run.refusals.note(code, caller.session, { step: caller.step, reason });
      return { status: code === 'stale-step' ? 'stale' : 'duplicate', detail: reason };
    case 'unknown-session':
    case 'future-step':
    case 'bad-node':
      throw new RefusedError(code, reason);
  }
}
