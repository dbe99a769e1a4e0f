import { contains, type NodeId, nodeKey } from '@atelier/shared/tree/node-id';
import type { RoundDecision, RoundEvent } from '../round/round-types.ts';

/** What became of a session or of a block in its hands. `numHeld`: blocks that are in its hands afterwards. */
export type LeaseChange =
  | { readonly type: 'came'; readonly session: string }
  | { readonly type: 'granted'; readonly session: string; readonly step: number; readonly numHeld: number }
  /** Its node is part of the step. `grantedMs`: when the first block in it was given. */
  | {
      readonly type: 'fulfilled';
      readonly session: string;
      readonly numHeld: number;
      readonly grantedMs: number;
      readonly computeSeconds: number;
    }
  /** It is of no use any more: the other copy was first, it failed, or the step is void. */
  | { readonly type: 'dropped'; readonly session: string; readonly numHeld: number }
  /** With what it still held: more than none for a session that was lost at work. */
  | { readonly type: 'left'; readonly session: string; readonly numDropped: number };

interface Held {
  readonly node: NodeId;
  readonly grantedMs: number;
}

/** Who holds which blocks, followed from outside the round by what it was told and what it decided. */
export class Leases {
  readonly #bySession = new Map<string, Map<string, Held>>();

  /** @param nowMs of any clock that does not go back */
  follow(event: RoundEvent, decisions: readonly RoundDecision[], nowMs: number): LeaseChange[] {
    const changes: LeaseChange[] = [];
    if (event.type === 'worker-joined') {
      this.#bySession.set(event.session, new Map());
      changes.push({ type: 'came', session: event.session });
    }
    if (event.type === 'worker-left') this.#leave(event.session, changes);
    if (event.type === 'block-failed') this.#drop(event.session, [event.node], changes);
    for (const decision of decisions) {
      switch (decision.type) {
        case 'assign':
          this.#grant(decision, nowMs, changes);
          break;
        case 'revoke':
          this.#drop(decision.session, decision.blocks, changes);
          break;
        case 'accept-node':
          if (event.type === 'node-arrived') this.#fulfil(event, changes);
          break;
        case 'expel':
        case 'release':
          this.#leave(decision.session, changes);
          break;
        case 'refuse-node':
        case 'commit':
        case 'complete':
      }
    }
    return changes;
  }

  #grant(
    { session, step, blocks }: Extract<RoundDecision, { readonly type: 'assign' }>,
    grantedMs: number,
    changes: LeaseChange[],
  ): void {
    const held = this.#bySession.get(session);
    if (held === undefined) return;
    for (const node of blocks) {
      held.set(nodeKey(node), { node, grantedMs });
      changes.push({ type: 'granted', session, step, numHeld: held.size });
    }
  }

  #fulfil(
    { session, node, computeSeconds }: Extract<RoundEvent, { readonly type: 'node-arrived' }>,
    changes: LeaseChange[],
  ): void {
    const held = this.#bySession.get(session);
    const done = [...(held ?? [])].filter(([, block]) => contains(node, block.node));
    if (held === undefined || done.length === 0) return;
    for (const [key] of done) held.delete(key);
    const grantedMs = Math.min(...done.map(([, block]) => block.grantedMs));
    changes.push({ type: 'fulfilled', session, numHeld: held.size, grantedMs, computeSeconds });
  }

  #drop(session: string, nodes: readonly NodeId[], changes: LeaseChange[]): void {
    const held = this.#bySession.get(session);
    if (held === undefined) return;
    for (const node of nodes) {
      if (held.delete(nodeKey(node))) changes.push({ type: 'dropped', session, numHeld: held.size });
    }
  }

  #leave(session: string, changes: LeaseChange[]): void {
    const held = this.#bySession.get(session);
    if (held === undefined) return;
    this.#bySession.delete(session);
    changes.push({ type: 'left', session, numDropped: held.size });
  }
}
