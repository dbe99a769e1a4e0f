import { type NodeId, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import type { HeldBlock } from './lateness.ts';
import { SpeedEstimate } from './speed-estimate.ts';

/** One session: a worker from its join until it leaves, is expelled or is released. */
export class Member {
  readonly session: string;
  readonly worker: string;
  readonly speed: SpeedEstimate = new SpeedEstimate();
  lastHeardMs: number;
  isDraining = false;
  /** Failed blocks since the last one that came out well. */
  numFailuresInARow = 0;
  #held: HeldBlock[] = [];

  constructor(session: string, worker: string, now: number) {
    this.session = session;
    this.worker = worker;
    this.lastHeardMs = now;
  }

  get held(): readonly HeldBlock[] {
    return this.#held;
  }

  get blocks(): NodeId[] {
    return this.#held.map(({ node }) => node);
  }

  get backlog(): number {
    return this.#held.reduce((sum, { node }) => sum + numVirtualWorkersOf(node), 0);
  }

  hold(node: NodeId, now: number): void {
    this.#held.push({ node, sinceMs: now, workload: this.backlog + numVirtualWorkersOf(node) });
  }

  /** Takes away the blocks that the condition names and gives them back. */
  drop(condition: (node: NodeId) => boolean): HeldBlock[] {
    const dropped = this.#held.filter(({ node }) => condition(node));
    if (dropped.length > 0) this.#held = this.#held.filter(({ node }) => !condition(node));
    return dropped;
  }
}

/** Who belongs to the round, in the order of joining: everything decided over members runs in this order. */
export class Members {
  readonly #members = new Map<string, Member>();

  get all(): Member[] {
    return [...this.#members.values()];
  }

  /** Those that may be given work. */
  get active(): Member[] {
    return this.all.filter((member) => !member.isDraining);
  }

  get(session: string): Member | undefined {
    return this.#members.get(session);
  }

  add(member: Member): void {
    this.#members.set(member.session, member);
  }

  remove(session: string): void {
    this.#members.delete(session);
  }
}
