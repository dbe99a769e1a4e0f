import type { NodeHeader } from '@atelier/proto/generated/atelier/v1/NodeHeader';
import type { PullRequest } from '@atelier/proto/generated/atelier/v1/PullRequest';
import type { PushIdentity } from '@atelier/proto/generated/atelier/v1/PushIdentity';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { SampleImage } from '@atelier/proto/generated/atelier/v1/SampleImage';
import type { Transport } from '@atelier/shared/memory/transport';
import { checkIdentity, type RunIdentity } from '../identity/run-identity.ts';
import type { RunMeter, SentKind } from '../meter/run-meter.ts';
import type { PublishedBytes } from '../published/published-bytes.ts';
import { type PublishedParameters, publish } from '../published/published-parameters.ts';
import type { Caller } from '../refusals/caller.ts';
import { checkLength } from '../refusals/check-length.ts';
import type { RefusalLog } from '../refusals/refusal-log.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import type { Refusal } from '../round/round-status.ts';
import type { SampleRendering } from '../samples/sample-rendering.ts';
import type { Session } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { admitNode, type NodePlace } from '../training/admit-node.ts';
import { ACCEPTED, LATER } from '../training/push-receipts.ts';
import type { TrainingLoop } from './training-loop.ts';

/** A run, as far as bytes of workers concern it. */
export interface ServedRun {
  readonly identity: RunIdentity;
  readonly sessions: Sessions;
  readonly rendering: SampleRendering;
  readonly meter: RunMeter;
  readonly published: PublishedParameters;
  readonly refusals: RefusalLog;
  /** @throws RefusedError 'stopping' */
  assertOpen(): void;
  /** @throws RefusedError 'not-ready' | 'stopping' */
  assertLoop(): TrainingLoop;
  /** @throws RefusedError */
  initialize(bytes: Uint8Array): void;
}

/** The receipt of a node whose bytes are not wanted. */
export interface UnwantedNode {
  readonly receipt: PushReceipt;
}

export interface WantedNode extends NodePlace {
  /** All bytes are here. @throws RefusedError */
  take(): PushReceipt;
}

const KNOWN: PushReceipt = { status: 'duplicate', detail: 'the run has its initial parameters already' };

/**
 * What workers push and pull. A header is checked before anything is allocated for what follows it, and what it announced
 * once more when its bytes are here: others may have come first.
 */
export class DataPlane {
  readonly #run: ServedRun;

  constructor(modules: { readonly run: ServedRun }) {
    this.#run = modules.run;
  }

  /** Resolves when there is room for the node, or it is not wanted, or the signal aborts. @throws RefusedError */
  async admitNode(
    { identity, step, node, numBytes, computeSeconds }: NodeHeader,
    { transport, caller, signal }: { transport: Transport; caller: Caller; signal: AbortSignal },
  ): Promise<WantedNode | UnwantedNode> {
    caller.step = step;
    const { loop, session } = this.#senderOf(identity, caller);
    if (node === null) throw RefusedError.mismatch('bad-message', 'header.node', 'nothing', 'a node');
    const refusalOf = (): UnwantedNode | undefined => {
      const verdict = loop.precheck(session, step, node);
      if (!verdict.ok) return { receipt: this.#receiptOf(verdict, caller) };
      checkLength(numBytes, loop.training.nodeBytesOf(step));
      return undefined;
    };
    const admitted = await admitNode(loop.training, { step, node }, refusalOf, signal);
    if (admitted === undefined) return { receipt: LATER };
    if ('refusal' in admitted) return admitted.refusal;
    const { place } = admitted;
    const take = (): PushReceipt => {
      this.#run.meter.received('node', numBytes, transport);
      this.#run.assertOpen();
      const taken = loop.deliver({ session, step, node, computeSeconds }, place.buffer);
      return taken.ok ? ACCEPTED : this.#receiptOf(taken, caller);
    };
    return { ...place, take };
  }

  /** @returns the receipt of values that are not wanted. @throws RefusedError */
  admitInitial(
    { identity, numBytes }: { readonly identity: PushIdentity | null; readonly numBytes: number },
    caller: Caller,
  ): PushReceipt | undefined {
    const { training } = this.#senderOf(identity, caller).loop;
    if (training.hasParameters) return KNOWN;
    checkLength(numBytes, training.initialBytes);
    return undefined;
  }

  /** @throws RefusedError */
  takeInitial(bytes: Uint8Array, transport: Transport): PushReceipt {
    this.#run.meter.received('initial', bytes.byteLength, transport);
    if (this.#run.assertLoop().training.hasParameters) return KNOWN;
    this.#run.initialize(bytes);
    return ACCEPTED;
  }

  /** @throws RefusedError */
  async takeSample({ identity, step, png }: SampleImage, caller: Caller): Promise<PushReceipt> {
    this.#senderOf(identity, caller);
    this.#run.meter.received('sample', png.byteLength, 'grpc');
    const isWanted = await this.#run.rendering.deliver(step, png);
    return isWanted ? ACCEPTED : { status: 'stale', detail: `the run wants no sample of step ${step}` };
  }

  /** What a pull is answered with. @throws RefusedError */
  bytesOf(request: PullRequest, caller: Caller): { readonly kind: SentKind; readonly bytes: PublishedBytes } {
    const { group, version, kind, hasPrevious, byMemory } = request;
    checkIdentity(this.#run.identity, request);
    const { training, definition } = this.#run.assertLoop();
    caller.session = this.#run.sessions.get(request.sessionId).id;
    if (kind === 'ema' || kind === 'statistics')
      return { kind, bytes: this.#run.rendering.bytesOf(version, group, kind) };
    if (kind !== 'parameters') {
      throw RefusedError.mismatch('bad-message', 'kind', kind, ['parameters', 'ema', 'statistics']);
    }
    const groups = definition.groups.map(({ name }) => name);
    if (!groups.includes(group)) throw RefusedError.mismatch('unknown-group', 'group', group, groups);
    if (!training.hasParameters) throw new RefusedError('not-ready', 'the run has no parameters yet');
    const current = training.versionOf(group);
    if (version !== current)
      throw RefusedError.mismatch('stale-version', `version of '${group}'`, version, current);
    return publish(this.#run.published, training, { group, hasPrevious, byMemory });
  }

  /** Its answer was sent. */
  sent(kind: SentKind, numBytes: number, transport: Transport): void {
    this.#run.meter.sent(kind, numBytes, transport);
  }

  /** @throws RefusedError unless a member of this run, in this life of the coordinator, sends what fits the model */
  #senderOf(
    identity: PushIdentity | null,
    caller: Caller,
  ): { readonly loop: TrainingLoop; readonly session: Session } {
    if (identity === null)
      throw RefusedError.mismatch(
        'bad-message',
        'identity',
        'nothing',
        'run, incarnation, session and layout',
      );
    checkIdentity(this.#run.identity, identity);
    const loop = this.#run.assertLoop();
    const session = this.#run.sessions.get(identity.sessionId);
    caller.session = session.id;
    if (identity.layoutHash !== loop.layoutHash) {
      throw RefusedError.mismatch('wrong-layout', 'layout_hash', identity.layoutHash, loop.layoutHash);
    }
    return { loop, session };
  }

  /** What comes too late or again does no harm and is no error; anything else is. */
  #receiptOf({ code, reason }: Refusal, caller: Caller): PushReceipt {
    switch (code) {
      case 'stale-step':
      case 'duplicate':
      case 'overlap':
        this.#run.refusals.note(code, caller.session, { step: caller.step, reason });
        return { status: code === 'stale-step' ? 'stale' : 'duplicate', detail: reason };
      case 'unknown-session':
      case 'future-step':
      case 'bad-node':
        throw new RefusedError(code, reason);
    }
  }
}
