import type { NodeId } from '@atelier/shared/tree/node-id';

/** Membership is by session: a worker that was out and comes back is a new session. Times are in ms, and given. */
export interface RoundOptions {
  readonly numVirtualWorkers: number;
  /** The run is complete when so many steps are committed. */
  readonly numSteps: number;
  readonly leaseMs: number;
  readonly lateFactor: number;
  readonly lateFloorMs: number;
  /** Before the first step of this coordinator's life, wait for so many workers. */
  readonly minWorkers: number;
}

export type RoundEvent =
  | { readonly type: 'worker-joined'; readonly session: string; readonly worker: string }
  | { readonly type: 'worker-heard'; readonly session: string }
  | { readonly type: 'worker-left'; readonly session: string; readonly reason: string }
  | { readonly type: 'drain-requested'; readonly session: string }
  /** A whole node has arrived, its bytes verified. Answered by accept-node or refuse-node. */
  | {
      readonly type: 'node-arrived';
      readonly session: string;
      readonly step: number;
      readonly node: NodeId;
      readonly computeSeconds: number;
    }
  | {
      readonly type: 'block-failed';
      readonly session: string;
      readonly step: number;
      readonly node: NodeId;
      readonly message: string;
    }
  /** The commit that was decided has been carried out. */
  | { readonly type: 'step-committed'; readonly step: number }
  /** The state went back: the next step to compute is `step`. */
  | { readonly type: 'rolled-back'; readonly step: number }
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  | { readonly type: 'tick' };

export type RefusalCode =
  | 'unknown-session'
  | 'stale-step'
  | 'future-step'
  | 'bad-node'
  | 'duplicate'
  | 'overlap';

export type RoundDecision =
  | {
      readonly type: 'assign';
      readonly session: string;
      readonly step: number;
      readonly blocks: readonly NodeId[];
      readonly reason: 'initial' | 'reassigned' | 'second-copy';
    }
  | {
      readonly type: 'revoke';
      readonly session: string;
      readonly step: number;
      readonly blocks: readonly NodeId[];
    }
  | { readonly type: 'accept-node'; readonly session: string; readonly step: number; readonly node: NodeId }
  | {
      readonly type: 'refuse-node';
      readonly session: string;
      readonly step: number;
      readonly node: NodeId;
      readonly code: RefusalCode;
      readonly reason: string;
    }
  /** Every virtual worker of the step is covered: reduce, optimize, commit; then send step-committed. */
  | {
      readonly type: 'commit';
      readonly step: number;
      readonly nodes: readonly { readonly node: NodeId; readonly worker: string }[];
    }
  /** Out: not heard for the lease time. Close the stream. */
  | { readonly type: 'expel'; readonly session: string; readonly reason: string }
  /** A draining worker owes nothing any more: let it go. */
  | { readonly type: 'release'; readonly session: string }
  | { readonly type: 'complete' };
