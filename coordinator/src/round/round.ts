import { type NodeId, nodeKey, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import { Member, Members } from './members.ts';
import { RoundError } from './round-error.ts';
import { checkRoundOptions } from './round-options.ts';
import {
  type MemberStatus,
  type Precheck,
  type RoundState,
  stateOf,
  type VirtualWorkerCounts,
} from './round-status.ts';
import type { RoundDecision, RoundEvent, RoundOptions } from './round-types.ts';
import { StepWork } from './step-work.ts';

// Over 250 lines: one arrow a method, and the table that names them.

const MAX_FAILURES_IN_A_ROW = 3;

/**
 * The coordinator's mind: who is in, who computes what, when a step is whole. Events and the time go in, decisions
 * come out; carrying them out is the caller's work. Equal events give equal decisions.
 */
export class Round {
  readonly #options: RoundOptions;
  readonly #members = new Members();
  #work: StepWork;
  /** between -> computing (assigned) -> committing (decided) -> between (carried out); rolled-back leads to between. */
  #phase: 'between' | 'computing' | 'committing' = 'between';
  #isPaused = false;
  #hasBegun = false;
  #hasAnnouncedCompletion = false;

  /** @throws RoundError 'bad-options' */
  constructor(options: RoundOptions, start: { readonly step: number }) {
    checkRoundOptions(options, start);
    this.#options = options;
    this.#work = new StepWork(start.step, options, this.#members);
  }

  /** The step that is computed now or next. */
  get step(): number {
    return this.#work.step;
  }

  get state(): RoundState {
    return stateOf({
      phase: this.#isOver ? 'over' : this.#phase,
      step: this.step,
      isPaused: this.#isPaused,
      numActive: this.#members.active.length,
      numNeeded: this.#numNeeded,
      numMissing: this.#work.missing.length,
    });
  }

  /** Of the step that is computed now or next. */
  virtualWorkers(): VirtualWorkerCounts {
    return this.#work.counts();
  }

  members(): MemberStatus[] {
    return this.#members.all.map((member) => ({
      session: member.session,
      worker: member.worker,
      state: member.isDraining ? 'draining' : 'active',
      blocks: member.blocks,
      virtualWorkersPerSecond: member.speed.virtualWorkersPerSecond,
      lastHeardMs: member.lastHeardMs,
    }));
  }

  /** Would this node be accepted now? Asked before its bytes are read, and again by node-arrived. */
  precheck(session: string, step: number, node: NodeId): Precheck {
    if (this.#members.get(session) === undefined) {
      return {
        ok: false,
        code: 'unknown-session',
        reason: `session ${session} is not a member: join the run again`,
      };
    }
    if (step < this.step) {
      return {
        ok: false,
        code: 'stale-step',
        reason: `step ${step} is over, the run is at step ${this.step}`,
      };
    }
    if (step > this.step || this.#isOver) {
      return { ok: false, code: 'future-step', reason: `step ${step} is not open: ${this.state.reason}` };
    }
    return this.#work.precheck(node);
  }

  /** `now` in ms of a clock that never goes back. @throws RoundError 'bad-event' */
  advance(event: RoundEvent, now: number): RoundDecision[] {
    const decisions: RoundDecision[] = [];
    if ('session' in event) {
      const member = this.#members.get(event.session);
      if (member !== undefined) member.lastHeardMs = now;
    }
    this.#apply(event, now, decisions);
    this.#settle(now, decisions);
    return decisions;
  }

  #apply(event: RoundEvent, now: number, decisions: RoundDecision[]): void {
    switch (event.type) {
      case 'worker-joined':
        this.#join(event.session, event.worker, now, decisions);
        break;
      case 'worker-heard':
        break;
      case 'worker-left':
        this.#members.remove(event.session);
        break;
      case 'drain-requested': {
        const member = this.#members.get(event.session);
        if (member !== undefined) member.isDraining = true;
        break;
      }
      case 'node-arrived':
        this.#receive(event, now, decisions);
        break;
      case 'block-failed':
        this.#fail(event, now, decisions);
        break;
      case 'step-committed':
        this.#finishCommit(event.step);
        break;
      case 'rolled-back':
        this.#rollBack(event.step, decisions);
        break;
      case 'paused':
        this.#isPaused = true;
        break;
      case 'resumed':
        this.#isPaused = false;
        break;
      case 'tick':
        this.#expelSilent(now, decisions);
        break;
    }
  }

  /** A worker id names one process: when it joins again, its earlier session is dead, heard of lately or not. */
  #join(session: string, worker: string, now: number, decisions: RoundDecision[]): void {
    if (this.#members.get(session) !== undefined) {
      throw new RoundError(
        'bad-event',
        `session ${session} is a member already: use a new session for every join`,
      );
    }
    for (const member of this.#members.all) {
      if (member.worker === worker)
        this.#expel(member, `worker ${worker} joined again as ${session}`, decisions);
    }
    this.#members.add(new Member(session, worker, now));
  }

  #receive(event: RoundEvent & { type: 'node-arrived' }, now: number, decisions: RoundDecision[]): void {
    const { session, step, node, computeSeconds } = event;
    const sender = this.#members.get(session);
    const verdict = this.precheck(session, step, node);
    if (!verdict.ok) {
      decisions.push({
        type: 'refuse-node',
        session,
        step,
        node,
        code: verdict.code,
        reason: verdict.reason,
      });
    }
    if (sender === undefined || (!verdict.ok && verdict.code !== 'duplicate')) return;
    // The loser of a race was measured, too: otherwise a slow worker would never become known as slow.
    sender.speed.measure(computeSeconds, numVirtualWorkersOf(node));
    sender.numFailuresInARow = 0;
    if (verdict.ok) this.#work.accept(sender, node, now, decisions);
  }

  /** The block goes to anybody but the one that failed, if there is anybody. */
  #fail(event: RoundEvent & { type: 'block-failed' }, now: number, decisions: RoundDecision[]): void {
    const member = this.#members.get(event.session);
    if (member === undefined || event.step !== this.step) return;
    const failed = member.drop((held) => nodeKey(held) === nodeKey(event.node));
    if (failed.length === 0) return;
    member.numFailuresInARow += 1;
    if (member.numFailuresInARow >= MAX_FAILURES_IN_A_ROW) {
      const reason = `the last ${MAX_FAILURES_IN_A_ROW} blocks of this worker failed, the newest with: ${event.message}`;
      this.#expel(member, reason, decisions);
    }
    const others = this.#members.active.filter((other) => other !== member);
    this.#work.handOut(others, 'reassigned', now, decisions);
  }

  #finishCommit(step: number): void {
    if (this.#phase !== 'committing' || step !== this.step) {
      throw new RoundError(
        'bad-event',
        `no commit of step ${step} was decided: step ${this.step} is ${this.#phase}`,
      );
    }
    this.#work = new StepWork(step + 1, this.#options, this.#members);
    this.#phase = 'between';
  }

  #rollBack(step: number, decisions: RoundDecision[]): void {
    if (!Number.isInteger(step) || step < 0 || step > this.step) {
      throw new RoundError('bad-event', `cannot roll back from step ${this.step} to step ${step}`);
    }
    this.#work.revokeAll(decisions);
    this.#work = new StepWork(step, this.#options, this.#members);
    this.#phase = 'between';
    this.#hasAnnouncedCompletion = false;
  }

  #expelSilent(now: number, decisions: RoundDecision[]): void {
    const { leaseMs } = this.#options;
    for (const member of this.#members.all) {
      const silentMs = now - member.lastHeardMs;
      if (silentMs > leaseMs)
        this.#expel(
          member,
          `it sent nothing for ${silentMs} ms, longer than its lease of ${leaseMs} ms`,
          decisions,
        );
    }
  }

  #expel(member: Member, reason: string, decisions: RoundDecision[]): void {
    this.#members.remove(member.session);
    decisions.push({ type: 'expel', session: member.session, reason });
  }

  get #isOver(): boolean {
    return this.step >= this.#options.numSteps;
  }

  get #numNeeded(): number {
    return this.#hasBegun ? 1 : Math.max(1, this.#options.minWorkers);
  }

  /** Whatever happened, what follows from the state: release, begin, hand out, copy, commit, complete. */
  #settle(now: number, decisions: RoundDecision[]): void {
    for (const member of this.#members.all) {
      if (!member.isDraining || member.held.length > 0) continue;
      this.#members.remove(member.session);
      decisions.push({ type: 'release', session: member.session });
    }
    if (this.#phase === 'between') this.#begin(now, decisions);
    if (this.#phase === 'computing') {
      this.#work.handOut(this.#members.active, 'reassigned', now, decisions);
      this.#work.copyLate(now, decisions);
      if (this.#work.isComplete) {
        this.#phase = 'committing';
        decisions.push({ type: 'commit', step: this.step, nodes: this.#work.nodes });
      }
    }
    if (this.#isOver && !this.#hasAnnouncedCompletion) {
      this.#hasAnnouncedCompletion = true;
      decisions.push({ type: 'complete' });
    }
  }

  #begin(now: number, decisions: RoundDecision[]): void {
    const { active } = this.#members;
    if (this.#isOver || this.#isPaused || active.length < this.#numNeeded) return;
    this.#phase = 'computing';
    this.#hasBegun = true;
    this.#work.handOut(active, 'initial', now, decisions);
    for (const member of active) if (member.held.length === 0) member.speed.forget();
  }
}
