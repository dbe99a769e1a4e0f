import {
  contains,
  firstVirtualWorkerOf,
  type NodeId,
  nodeKey,
  numVirtualWorkersOf,
} from '@atelier/shared/tree/node-id';
import type { MemberStatus } from '../round/round-status.ts';
import type { RoundDecision, RoundEvent, RoundOptions } from '../round/round-types.ts';
import { must } from './invariants.ts';

type Decision<Type extends RoundDecision['type']> = Extract<RoundDecision, { readonly type: Type }>;

interface HeldBlock {
  readonly node: NodeId;
  readonly sinceMs: number;
}

interface KnownMember {
  lastHeardMs: number;
  isDraining: boolean;
  readonly held: Map<string, HeldBlock>;
}

// Over 250 lines: each decision of the round is checked by a method of its own.

/**
 * Keeps its own books of what a round was told and what it decided, in another way than the round does: at every moment the
 * two must fit together. It costs a pass over a byte for each virtual worker.
 */
export class RoundLedger {
  readonly #options: RoundOptions;
  readonly #members = new Map<string, KnownMember>();
  /** By virtual worker: whether it is in an accepted node, and in how many hands it is. */
  readonly #accepted: Uint8Array;
  readonly #holders: Uint8Array;
  /** By node: in how many hands it is. */
  readonly #inHands = new Map<string, number>();
  #step: number;
  #phase: 'between' | 'computing' | 'committing' = 'between';
  #isPaused = false;
  #isComplete = false;

  constructor(options: RoundOptions, start: { readonly step: number }) {
    this.#options = options;
    this.#step = start.step;
    this.#accepted = new Uint8Array(options.numVirtualWorkers);
    this.#holders = new Uint8Array(options.numVirtualWorkers);
  }

  /**
   * @param speeds what the round knows of its members, for how late a block may be
   * @throws InvariantError
   */
  observe(
    event: RoundEvent,
    now: number,
    decisions: readonly RoundDecision[],
    speeds: () => readonly MemberStatus[],
  ): void {
    this.#hear(event, now);
    for (const decision of decisions) this.#check(decision, event, now);
    if (event.type === 'worker-heard' && decisions.length === 0) return;
    if (event.type === 'node-arrived') {
      const numAnswers = decisions.filter(
        ({ type }) => type === 'accept-node' || type === 'refuse-node',
      ).length;
      must('answersEachNode', numAnswers === 1, () => `${nodeKey(event.node)} had ${numAnswers} answers`);
    }
    if (event.type === 'tick') {
      this.#checkLeases(now);
      this.#checkLate(now, speeds());
    }
    this.#checkWhole();
  }

  #hear(event: RoundEvent, now: number): void {
    const member = 'session' in event ? this.#members.get(event.session) : undefined;
    if (member !== undefined) member.lastHeardMs = now;
    switch (event.type) {
      case 'worker-joined':
        this.#members.set(event.session, { lastHeardMs: now, isDraining: false, held: new Map() });
        break;
      case 'worker-left':
        this.#forget(event.session);
        break;
      case 'drain-requested':
        if (member !== undefined) member.isDraining = true;
        break;
      case 'block-failed':
        if (event.step === this.#step) this.#drop(member, nodeKey(event.node));
        break;
      case 'step-committed':
        this.#moveTo(event.step + 1);
        break;
      case 'rolled-back':
        this.#moveTo(event.step);
        break;
      case 'paused':
      case 'resumed':
        this.#isPaused = event.type === 'paused';
        break;
      default:
    }
  }

  #moveTo(step: number): void {
    this.#step = step;
    this.#phase = 'between';
    this.#accepted.fill(0);
    this.#isComplete = false;
  }

  #check(decision: RoundDecision, event: RoundEvent, now: number): void {
    switch (decision.type) {
      case 'assign':
        this.#assign(decision, now);
        break;
      case 'revoke':
        this.#revoke(decision);
        break;
      case 'accept-node':
        this.#accept(decision);
        break;
      case 'refuse-node':
        break;
      case 'commit':
        this.#commit(decision);
        break;
      case 'complete':
        must(
          'completeMeansAllSteps',
          this.#step === this.#options.numSteps && !this.#isComplete,
          () => `it was reported complete at step ${this.#step}`,
        );
        this.#isComplete = true;
        break;
      case 'release': {
        const { isDraining, held } = this.#memberOf(decision.session);
        must('drainingOwesNothing', isDraining && held.size === 0, () => `it owed ${held.size} blocks`);
        this.#forget(decision.session);
        break;
      }
      case 'expel': {
        const silentMs = now - this.#memberOf(decision.session).lastHeardMs;
        const isDue = event.type !== 'tick' || silentMs > this.#options.leaseMs;
        must('silenceEndsALease', isDue, () => `a worker that was heard ${silentMs} ms ago was removed`);
        this.#forget(decision.session);
        break;
      }
    }
  }

  #assign({ session, step, blocks }: Decision<'assign'>, now: number): void {
    const member = this.#memberOf(session);
    must('drainingOwesNothing', !member.isDraining, () => `${session} was given work`);
    must('nothingStaleCounts', step === this.#step, () => `step ${step} was assigned in step ${this.#step}`);
    const mayBegin = this.#phase === 'computing' || (this.#phase === 'between' && !this.#isPaused);
    must('pausedBeginsNothing', mayBegin, () => `step ${step} was assigned while ${this.#phase}`);
    must('nothingIsIdle', blocks.length > 0, () => `an empty assignment went to ${session}`);
    this.#phase = 'computing';
    for (const node of blocks) this.#give(member, node, now);
  }

  #give(member: KnownMember, node: NodeId, sinceMs: number): void {
    const key = nodeKey(node);
    const numHands = this.#inHands.get(key) ?? 0;
    const isNew = !member.held.has(key) && numHands < 2;
    must('atMostTwoHands', isNew, () => `${key} went into one more than ${numHands} hands`);
    let isFree = true;
    this.#forEach(node, (v) => {
      isFree &&= this.#accepted[v] === 0 && this.#holders[v] === numHands;
      this.#holders[v] = (this.#holders[v] ?? 0) + 1;
    });
    must('blocksAreApart', isFree, () => `${key} was given out beside what overlaps it, or is accepted`);
    this.#inHands.set(key, numHands + 1);
    member.held.set(key, { node, sinceMs });
  }

  #revoke({ session, blocks }: Decision<'revoke'>): void {
    const member = this.#memberOf(session);
    for (const node of blocks) {
      const key = nodeKey(node);
      must('membersOnly', member.held.has(key), () => `${session} does not compute ${key}`);
      this.#drop(member, key);
    }
  }

  #accept({ session, step, node }: Decision<'accept-node'>): void {
    const member = this.#members.get(session);
    const isFresh = member !== undefined && step === this.#step && this.#phase !== 'committing';
    must('nothingStaleCounts', isFresh, () => `${nodeKey(node)} of step ${step} and ${session} was counted`);
    let isNew = true;
    this.#forEach(node, (v) => {
      isNew &&= this.#accepted[v] === 0;
      this.#accepted[v] = 1;
    });
    must('countsOnce', isNew, () => `a part of ${nodeKey(node)} was counted before`);
    for (const [key, held] of member?.held ?? []) if (contains(node, held.node)) this.#drop(member, key);
  }

  #commit({ step, nodes }: Decision<'commit'>): void {
    const isDue = step === this.#step && this.#phase !== 'committing';
    must('oneStepAfterAnother', isDue, () => `step ${step} came while ${this.#phase} at ${this.#step}`);
    const counts = new Uint8Array(this.#options.numVirtualWorkers);
    for (const { node } of nodes) {
      this.#forEach(node, (v) => {
        counts[v] = (counts[v] ?? 0) + 1;
      });
    }
    const isWhole = counts.every((count, v) => count === 1 && this.#accepted[v] === 1);
    must('countsOnce', isWhole, () => `step ${step} counts ${counts.join(' ')}`);
    this.#phase = 'committing';
  }

  #checkLeases(now: number): void {
    for (const [session, { lastHeardMs }] of this.#members)
      must('silenceEndsALease', now - lastHeardMs <= this.#options.leaseMs, () => `${session} is still in`);
  }

  /** With the greatest workload there can be: whatever the round allowed a block, it was no more than this. */
  #checkLate(now: number, members: readonly MemberStatus[]): void {
    const isIdle = ({ isDraining, held }: KnownMember) => !isDraining && held.size === 0;
    if (this.#phase !== 'computing' || ![...this.#members.values()].some(isIdle)) return;
    const speeds = members.map((member) => member.virtualWorkersPerSecond).filter((speed) => speed > 0);
    const { lateFactor, lateFloorMs, numVirtualWorkers } = this.#options;
    const longestMs = speeds.length === 0 ? 0 : (1000 * lateFactor * numVirtualWorkers) / Math.min(...speeds);
    for (const { held } of this.#members.values()) {
      for (const [key, { sinceMs }] of held) {
        const isLate = now - sinceMs > Math.max(lateFloorMs, longestMs);
        must('lateIsCopied', !isLate || this.#inHands.get(key) !== 1, () => `${key} is in one hand`);
      }
    }
  }

  #checkWhole(): void {
    let hasActive = false;
    for (const [session, { isDraining, held }] of this.#members) {
      must('drainingOwesNothing', !isDraining || held.size > 0, () => `${session} is kept`);
      hasActive ||= !isDraining;
    }
    const isDouble = this.#holders.some((count, v) => count > 0 && this.#accepted[v] === 1);
    must('blocksAreApart', !isDouble, () => `what is accepted is computed in step ${this.#step}`);
    if (this.#phase !== 'computing' || !hasActive) return;
    const isIdle = this.#accepted.some((accepted, v) => accepted === 0 && this.#holders[v] === 0);
    must('nothingIsIdle', !isIdle, () => `a part of step ${this.#step} is in nobody's hands`);
  }

  #memberOf(session: string): KnownMember {
    const member = this.#members.get(session);
    must('membersOnly', member !== undefined, () => `${session} is none`);
    return member;
  }

  #forget(session: string): void {
    const member = this.#members.get(session);
    for (const key of [...(member?.held.keys() ?? [])]) this.#drop(member, key);
    this.#members.delete(session);
  }

  #drop(member: KnownMember | undefined, key: string): void {
    const block = member?.held.get(key);
    if (block === undefined) return;
    member?.held.delete(key);
    this.#inHands.set(key, (this.#inHands.get(key) ?? 0) - 1);
    this.#forEach(block.node, (v) => {
      this.#holders[v] = (this.#holders[v] ?? 0) - 1;
    });
  }

  #forEach(node: NodeId, act: (virtualWorker: number) => void): void {
    const first = firstVirtualWorkerOf(node);
    for (let v = first; v < first + numVirtualWorkersOf(node); v += 1) act(v);
  }
}
