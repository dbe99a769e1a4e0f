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
  readonly virtualWorkersPerSecond: number;
  readonly lastHeardMs: number;
}

/** Where the virtual workers of a step are; together: all of them. */
export interface VirtualWorkerCounts {
  /** In nobody's hands. */
  readonly waiting: number;
  readonly held: number;
  /** Accepted. */
  readonly reduced: number;
}

export interface RoundFacts {
  readonly phase: 'between' | 'computing' | 'committing' | 'over';
  readonly step: number;
  readonly isPaused: boolean;
  /** Members that may be given work, and how many of them the next step waits for. */
  readonly numActive: number;
  readonly numNeeded: number;
  /** Nodes of the step that are in nobody's hands. */
  readonly numMissing: number;
}

/** The state in a word, and why it is so in a sentence for the operator. */
export function stateOf({ phase, step, isPaused, numActive, numNeeded, numMissing }: RoundFacts): RoundState {
  switch (phase) {
    case 'over':
      return { kind: 'complete', reason: `all ${step} steps are committed` };
    case 'committing':
      return { kind: 'running', reason: `step ${step} is being committed` };
    case 'computing':
      if (numActive === 0 && numMissing > 0) {
        return { kind: 'waiting', reason: `no worker is left to finish step ${step}: start workers` };
      }
      return {
        kind: 'running',
        reason: `step ${step} is ${isPaused ? 'finished before the pause' : 'being computed'}`,
      };
    case 'between':
      if (isPaused) return { kind: 'paused', reason: `paused before step ${step}` };
      return {
        kind: 'waiting',
        reason: `step ${step} waits for workers: ${numActive} of at least ${numNeeded} are ready`,
      };
  }
}
