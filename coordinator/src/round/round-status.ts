import type { NodeId } from '@atelier/shared/tree/node-id';
import type { RefusalCode } from './round-types.ts';

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly reason: string;
}

export type Precheck = { readonly ok: true } | Refusal;

export interface RoundState {
  readonly kind: 'waiting' | 'running' | 'paused' | 'complete';
  readonly reason: string;
}

export interface MemberStatus {
  readonly session: string;
  readonly worker: string;
  readonly state: 'active' | 'draining';
  /** What it owes in the current step. */
  readonly blocks: readonly NodeId[];
  /** Virtual workers a second; 0 while unknown. */
  readonly blocksPerSecond: number;
  readonly lastHeardMs: number;
}
