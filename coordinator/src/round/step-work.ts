import { contains, type NodeId, nodeKey, numVirtualWorkersOf, overlaps } from '@atelier/shared/tree/node-id';
import { decideAssignment } from './assignment.ts';
import { type AcceptedNode, Coverage } from './coverage.ts';
import { decideSecondCopies } from './lateness.ts';
import type { Member, Members } from './members.ts';
import type { Precheck, VirtualWorkerCounts } from './round-status.ts';
import type { RoundDecision, RoundOptions } from './round-types.ts';
import { medianSecondsOf } from './speed-estimate.ts';

/**
 * The work of one step: what is accepted, what is in whose hands, what is missing.
 *
 * Why it cannot hang: a virtual worker that is not accepted is in some member's hands or missing, and what is missing
 * is handed out as soon as there is an active member. Blocks in hand are equal or disjoint, and disjoint from what is
 * accepted: accepting a node that breaks into a block takes the block from its holders, so that nobody computes what
 * would be refused, and the rest of it is missing again.
 */
export class StepWork {
  readonly step: number;
  readonly #options: RoundOptions;
  readonly #members: Members;
  readonly #coverage: Coverage;

  constructor(step: number, options: RoundOptions, members: Members) {
    this.step = step;
    this.#options = options;
    this.#members = members;
    this.#coverage = new Coverage(options.numVirtualWorkers);
  }

  get isComplete(): boolean {
    return this.#coverage.isComplete;
  }

  /** The accepted nodes, in the order of their virtual workers. */
  get nodes(): AcceptedNode[] {
    return this.#coverage.nodes;
  }

  /** What is neither accepted nor in anybody's hands. */
  get missing(): NodeId[] {
    return this.#coverage.missing(this.#members.all.flatMap((member) => member.blocks));
  }

  counts(): VirtualWorkerCounts {
    const waiting = this.missing.reduce((sum, node) => sum + numVirtualWorkersOf(node), 0);
    const reduced = this.#coverage.numCovered;
    return { waiting, held: this.#options.numVirtualWorkers - waiting - reduced, reduced };
  }

  precheck(node: NodeId): Precheck {
    const key = nodeKey(node);
    switch (this.#coverage.relationOf(node)) {
      case 'free':
        return { ok: true };
      case 'covered':
        return {
          ok: false,
          code: 'duplicate',
          reason: `all of ${key} is accepted in step ${this.step} already`,
        };
      case 'partly-covered':
        return {
          ok: false,
          code: 'overlap',
          reason: `a part of ${key} is accepted in step ${this.step} already`,
        };
      case 'outside':
        return {
          ok: false,
          code: 'bad-node',
          reason: `${key} is not a node of the tree over ${this.#options.numVirtualWorkers} virtual workers`,
        };
    }
  }

  /** The node must have passed the precheck. Whoever else holds some of it is told to drop it. */
  accept(sender: Member, node: NodeId, now: number, decisions: RoundDecision[]): void {
    this.#coverage.accept(node, sender.worker);
    decisions.push({ type: 'accept-node', session: sender.session, step: this.step, node });
    sender.drop((held) => contains(node, held));
    for (const member of this.#members.all) {
      const lost = member.drop((held) => overlaps(node, held));
      if (lost.length === 0) continue;
      for (const { sinceMs, workload } of lost) member.speed.measureAtLeast((now - sinceMs) / 1000, workload);
      const blocks = lost.map((block) => block.node);
      decisions.push({ type: 'revoke', session: member.session, step: this.step, blocks });
    }
  }

  /** Gives all that is missing to the members, if there are any. */
  handOut(
    members: readonly Member[],
    reason: 'initial' | 'reassigned',
    now: number,
    decisions: RoundDecision[],
  ): void {
    const { missing } = this;
    if (missing.length === 0) return;
    const candidates = members.map(({ session, speed, backlog }) => ({
      session,
      secondsPerVirtualWorker: speed.secondsPerVirtualWorker,
      backlog,
    }));
    for (const { session, blocks } of decideAssignment(missing, candidates)) {
      this.#assign(session, blocks, reason, now, decisions);
    }
  }

  /** Late blocks with one holder go to idle members as well. */
  copyLate(now: number, decisions: RoundDecision[]): void {
    const idle = this.#members.active.filter((member) => member.held.length === 0);
    if (idle.length === 0) return;
    const { all } = this.#members;
    const held = all.flatMap((member) => member.held);
    const numHolders = new Map<string, number>();
    for (const { node } of held) numHolders.set(nodeKey(node), (numHolders.get(nodeKey(node)) ?? 0) + 1);
    const copies = decideSecondCopies(
      held.filter(({ node }) => numHolders.get(nodeKey(node)) === 1),
      idle.map(({ session, speed }) => ({ session, secondsPerVirtualWorker: speed.secondsPerVirtualWorker })),
      now,
      medianSecondsOf(all.map(({ speed }) => speed.secondsPerVirtualWorker)),
      this.#options,
    );
    for (const { session, node } of copies) this.#assign(session, [node], 'second-copy', now, decisions);
  }

  revokeAll(decisions: RoundDecision[]): void {
    for (const member of this.#members.all) {
      const blocks = member.drop(() => true).map(({ node }) => node);
      if (blocks.length > 0)
        decisions.push({ type: 'revoke', session: member.session, step: this.step, blocks });
    }
  }

  #assign(
    session: string,
    blocks: readonly NodeId[],
    reason: 'initial' | 'reassigned' | 'second-copy',
    now: number,
    decisions: RoundDecision[],
  ): void {
    for (const node of blocks) this.#members.get(session)?.hold(node, now);
    decisions.push({ type: 'assign', session, step: this.step, blocks, reason });
  }
}
