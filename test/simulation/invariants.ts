/** All that must hold, whatever happens. The life observer and the simulation check them, from outside the round. */
export const INVARIANTS = {
  commitsOnce: 'a step commits once and in order, and only when it is whole',
  countsOnce: 'each virtual worker is counted exactly once in a commit',
  sameBits: 'the committed sum and the final parameter are bit for bit those of an undisturbed run',
  nothingStale: 'nothing from a stale session, step or incarnation is counted',
  answersAll: 'each node that arrives is answered once, as the precheck said, and a good one is accepted',
  membersOnly: 'no decision addresses a session that is not a member',
  twoHolders: 'a block is in at most two hands, and never twice in one',
  disjointBlocks: 'blocks in hand are equal or disjoint, and free of what is accepted',
  nothingIdle:
    'while an active worker is a member, every virtual worker of the step is accepted or in some hands',
  lateIsCopied: 'while a member is idle, no block is late in one hand only',
  leaseEnds:
    'who is silent for longer than the lease is out at the next tick, and nobody else is put out for silence',
  drainKeeps: 'a draining worker gets no new block, and is released exactly when it owes nothing',
  pauseHolds: 'a paused run begins no step, and no step begins before the last one is committed',
  progress: 'the run completes in bounded time while a worker lives',
} as const;

export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

export function must(isKept: boolean, invariant: keyof typeof INVARIANTS, detail: () => string): void {
  if (!isKept) throw new InvariantViolation(`${INVARIANTS[invariant]}; broken: ${detail()}`);
}
