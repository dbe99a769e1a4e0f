import type { Round } from '@atelier/coordinator/round/round';
import type {
  RefusalCode,
  RoundDecision,
  RoundEvent,
  RoundOptions,
} from '@atelier/coordinator/round/round-types';
import {
  contains,
  firstVirtualWorkerOf,
  type NodeId,
  nodeKey,
  numVirtualWorkersOf,
  overlaps,
} from '@atelier/shared/tree/node-id';
import { must } from './invariants.ts';
import type { Payload } from './toy-model.ts';

// Over 250 lines: what is watched of a life, event after event.

interface ModelMember {
  readonly worker: string;
  lastHeardMs: number;
  isDraining: boolean;
  held: { readonly node: NodeId; readonly sinceMs: number }[];
}

export interface Arrival {
  /** The incarnation that the sender was told of. */
  readonly incarnation: number;
  readonly precheck: RefusalCode | 'ok';
}

/** Follows one life of a coordinator: what it was told and what it decided must fit together at every moment. */
export class LifeObserver {
  readonly #options: RoundOptions;
  readonly #incarnation: number;
  readonly #members = new Map<string, ModelMember>();
  #accepted: { node: NodeId; worker: string }[] = [];
  #step: number;
  #phase: 'between' | 'computing' | 'committing' = 'between';
  #isPaused = false;
  #isComplete = false;
  /** What the answer to the node of the current event has to be. */
  #before: RefusalCode | 'ok' = 'ok';

  constructor(options: RoundOptions, start: { readonly step: number }, incarnation: number) {
    this.#options = options;
    this.#step = start.step;
    this.#incarnation = incarnation;
  }

  observe(
    event: RoundEvent,
    now: number,
    decisions: readonly RoundDecision[],
    round: Round,
    arrival?: Arrival,
  ): void {
    if (event.type === 'node-arrived') this.#before = this.#verdictOn(event);
    this.#hear(event, now);
    for (const decision of decisions) this.#decide(decision, event, now, arrival);
    if (event.type === 'node-arrived') this.#checkAnswer(event, decisions, arrival);
    if (event.type !== 'worker-heard' || decisions.length > 0) this.#checkWhole(event, now, round);
    this.#checkLate([...this.#members.values()], now, round);
  }

  /** The root of the reduction tree when a step commits. */
  observeRoot(root: Payload | undefined): void {
    const leaves = root?.leaves.toSorted((a, b) => a - b) ?? [];
    const isExact =
      leaves.length === this.#options.numVirtualWorkers && leaves.every((leaf, i) => leaf === i);
    must(isExact, 'countsOnce', () => `step ${this.#step} holds [${leaves.join(' ')}]`);
  }

  #hear(event: RoundEvent, now: number): void {
    const member = 'session' in event ? this.#members.get(event.session) : undefined;
    if (member !== undefined) member.lastHeardMs = now;
    if (event.type === 'worker-joined') {
      this.#members.set(event.session, {
        worker: event.worker,
        lastHeardMs: now,
        isDraining: false,
        held: [],
      });
    } else if (event.type === 'worker-left') this.#members.delete(event.session);
    else if (event.type === 'drain-requested' && member !== undefined) member.isDraining = true;
    else if (event.type === 'block-failed' && member !== undefined && event.step === this.#step) {
      member.held = member.held.filter(({ node }) => nodeKey(node) !== nodeKey(event.node));
    } else if (event.type === 'paused') this.#isPaused = true;
    else if (event.type === 'resumed') this.#isPaused = false;
    else if (event.type === 'step-committed') this.#moveTo(event.step + 1);
    else if (event.type === 'rolled-back') this.#moveTo(event.step);
  }

  #moveTo(step: number): void {
    this.#step = step;
    this.#phase = 'between';
    this.#accepted = [];
    this.#isComplete = false;
  }

  #decide(decision: RoundDecision, event: RoundEvent, now: number, arrival: Arrival | undefined): void {
    if (decision.type === 'commit') {
      this.#commit(decision);
      return;
    }
    if (decision.type === 'complete') {
      must(
        this.#step === this.#options.numSteps && !this.#isComplete,
        'commitsOnce',
        () => `complete at ${this.#step}`,
      );
      this.#isComplete = true;
      return;
    }
    if (decision.type === 'refuse-node') return;
    const member = this.#members.get(decision.session);
    must(
      member !== undefined,
      decision.type === 'accept-node' ? 'nothingStale' : 'membersOnly',
      () => `${decision.type} ${decision.session}`,
    );
    if (member === undefined) return;
    if (decision.type === 'assign') this.#assign(decision, now, member);
    else if (decision.type === 'revoke') this.#revoke(decision, member);
    else if (decision.type === 'accept-node') this.#accept(decision, member, arrival);
    else if (decision.type === 'release') {
      const isDue = member.isDraining && member.held.length === 0;
      must(isDue, 'drainKeeps', () => `${decision.session} owes ${member.held.length} blocks`);
      this.#members.delete(decision.session);
    } else {
      const isSilent = now - member.lastHeardMs > this.#options.leaseMs;
      must(
        event.type !== 'tick' || isSilent,
        'leaseEnds',
        () => `${decision.session} was heard at ${member.lastHeardMs}`,
      );
      this.#members.delete(decision.session);
    }
  }

  #assign(decision: RoundDecision & { type: 'assign' }, now: number, member: ModelMember): void {
    must(!member.isDraining, 'drainKeeps', () => `${decision.session} was given work`);
    must(
      decision.step === this.#step,
      'nothingStale',
      () => `step ${decision.step} assigned in step ${this.#step}`,
    );
    const mayWork = this.#phase === 'computing' || (this.#phase === 'between' && !this.#isPaused);
    must(mayWork, 'pauseHolds', () => `step ${decision.step} assigned while ${this.#phase}`);
    must(decision.blocks.length > 0, 'nothingIdle', () => `an empty assignment to ${decision.session}`);
    this.#phase = 'computing';
    const inHands = [...this.#members.values()].flatMap(({ held }) => held.map(({ node }) => node));
    for (const block of decision.blocks) {
      const holders = inHands.filter((node) => nodeKey(node) === nodeKey(block)).length;
      const isNew = !member.held.some(({ node }) => nodeKey(node) === nodeKey(block));
      must(isNew && holders < 2, 'twoHolders', () => `${nodeKey(block)} to ${decision.session}`);
      const isApart = inHands.every((node) => nodeKey(node) === nodeKey(block) || !overlaps(node, block));
      must(
        isApart && this.#isFree(block),
        'disjointBlocks',
        () => `${nodeKey(block)} to ${decision.session}`,
      );
      member.held.push({ node: block, sinceMs: now });
    }
  }

  #revoke(decision: RoundDecision & { type: 'revoke' }, member: ModelMember): void {
    for (const block of decision.blocks) {
      const isHeld = member.held.some(({ node }) => nodeKey(node) === nodeKey(block));
      must(
        isHeld,
        'membersOnly',
        () => `${nodeKey(block)} revoked from ${decision.session}, which does not hold it`,
      );
    }
    const revoked = new Set(decision.blocks.map(nodeKey));
    member.held = member.held.filter(({ node }) => !revoked.has(nodeKey(node)));
  }

  #accept(
    decision: RoundDecision & { type: 'accept-node' },
    member: ModelMember,
    arrival: Arrival | undefined,
  ): void {
    const isFresh = decision.step === this.#step && arrival?.incarnation === this.#incarnation;
    must(
      isFresh,
      'nothingStale',
      () => `step ${decision.step} of life ${arrival?.incarnation} in step ${this.#step}`,
    );
    must(this.#phase !== 'committing' && this.#isFree(decision.node), 'countsOnce', () =>
      nodeKey(decision.node),
    );
    this.#accepted.push({ node: decision.node, worker: member.worker });
    member.held = member.held.filter(({ node }) => !contains(decision.node, node));
  }

  #commit(decision: RoundDecision & { type: 'commit' }): void {
    const isDue = decision.step === this.#step && this.#phase !== 'committing';
    must(isDue, 'commitsOnce', () => `step ${decision.step} while ${this.#phase} in step ${this.#step}`);
    const counts = new Uint8Array(this.#options.numVirtualWorkers);
    for (const { node } of decision.nodes) {
      const first = firstVirtualWorkerOf(node);
      for (let v = first; v < first + numVirtualWorkersOf(node); v += 1) counts[v] = (counts[v] ?? 0) + 1;
    }
    must(
      counts.every((count) => count === 1),
      'countsOnce',
      () => `step ${decision.step}: ${counts.join(' ')}`,
    );
    const text = (nodes: readonly { node: NodeId; worker: string }[]) =>
      nodes
        .map(({ node, worker }) => `${nodeKey(node)} ${worker}`)
        .toSorted()
        .join();
    must(
      text(decision.nodes) === text(this.#accepted),
      'nothingStale',
      () => `${text(decision.nodes)} was not all accepted`,
    );
    this.#phase = 'committing';
  }

  #checkAnswer(
    event: RoundEvent & { type: 'node-arrived' },
    decisions: readonly RoundDecision[],
    arrival: Arrival | undefined,
  ): void {
    const answers = decisions.filter(({ type }) => type === 'accept-node' || type === 'refuse-node');
    const [answer] = answers;
    must(answers.length === 1, 'answersAll', () => `${answers.length} answers to ${event.session}`);
    const verdict = answer?.type === 'refuse-node' ? answer.code : 'ok';
    must(
      verdict === arrival?.precheck,
      'answersAll',
      () => `precheck ${arrival?.precheck}, answer ${verdict}`,
    );
    must(
      verdict === this.#before,
      'answersAll',
      () => `${nodeKey(event.node)} of ${event.session}: ${verdict}, not ${this.#before}`,
    );
  }

  #checkWhole(event: RoundEvent, now: number, round: Round): void {
    if (event.type === 'tick') {
      for (const [session, { lastHeardMs }] of this.#members) {
        must(
          now - lastHeardMs <= this.#options.leaseMs,
          'leaseEnds',
          () => `${session} was last heard at ${lastHeardMs}`,
        );
      }
    }
    const members = [...this.#members.values()];
    if (event.type === 'rolled-back') {
      const isNew = members.every(({ held }) => held.every(({ sinceMs }) => sinceMs === now));
      must(isNew, 'nothingStale', () => 'a block of before the roll-back was not revoked');
    }
    for (const { isDraining, held, worker } of members) {
      must(!isDraining || held.length > 0, 'drainKeeps', () => `${worker} owes nothing and is kept`);
      must(
        held.every(({ node }) => this.#isFree(node)),
        'disjointBlocks',
        () => `${worker} computes what is accepted`,
      );
    }
    const expected = [...this.#members].map(([session, { held }]) => `${session} ${held.length}`).join();
    const seen = round
      .members()
      .map(({ session, blocks }) => `${session} ${blocks.length}`)
      .join();
    must(
      expected === seen,
      'membersOnly',
      () => `members and blocks in hand are ${expected}, the round says ${seen}`,
    );
    must(
      round.step === this.#step,
      'commitsOnce',
      () => `the round is at step ${round.step}, not ${this.#step}`,
    );
    if (this.#phase !== 'computing' || members.every(({ isDraining }) => isDraining)) return;
    const isTaken = new Uint8Array(this.#options.numVirtualWorkers);
    for (const { node } of [...members.flatMap(({ held }) => held), ...this.#accepted]) {
      isTaken.fill(1, firstVirtualWorkerOf(node), firstVirtualWorkerOf(node) + numVirtualWorkersOf(node));
    }
    must(
      isTaken.every((taken) => taken === 1),
      'nothingIdle',
      () => `step ${this.#step}: ${isTaken.join(' ')}`,
    );
  }

  /** With the greatest workload there can be: whatever the round allowed a block, it was no more than this. */
  #checkLate(members: readonly ModelMember[], now: number, round: Round): void {
    if (!members.some(({ isDraining, held }) => !isDraining && held.length === 0)) return;
    const speeds = round.members().map(({ virtualWorkersPerSecond }) => virtualWorkersPerSecond);
    const slowest = Math.min(...speeds.filter((speed) => speed > 0));
    const { lateFactor, lateFloorMs, numVirtualWorkers } = this.#options;
    const longestMs = Number.isFinite(slowest) ? (1000 * lateFactor * numVirtualWorkers) / slowest : 0;
    const allHeld = members.flatMap(({ held }) => held);
    for (const { node, sinceMs } of allHeld) {
      const isLate = now - sinceMs > Math.max(lateFloorMs, longestMs);
      const isSingle =
        isLate && allHeld.filter((other) => nodeKey(other.node) === nodeKey(node)).length === 1;
      must(!isSingle, 'lateIsCopied', () => `${nodeKey(node)} is in one hand since ${sinceMs}, at ${now}`);
    }
  }

  #verdictOn({ session, step, node }: RoundEvent & { type: 'node-arrived' }): RefusalCode | 'ok' {
    if (!this.#members.has(session)) return 'unknown-session';
    if (step === this.#options.numSteps) return 'future-step';
    if (step !== this.#step) return step < this.#step ? 'stale-step' : 'future-step';
    if (this.#isFree(node)) return 'ok';
    const inside = this.#accepted.filter((accepted) => overlaps(accepted.node, node));
    const numInside = inside.reduce((sum, accepted) => sum + numVirtualWorkersOf(accepted.node), 0);
    return numInside >= numVirtualWorkersOf(node) ? 'duplicate' : 'overlap';
  }

  #isFree(node: NodeId): boolean {
    return this.#accepted.every((accepted) => !overlaps(accepted.node, node));
  }
}
