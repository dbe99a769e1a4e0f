import { ProgramFault } from '@atelier/shared/errors/program-fault';

/**
 * What is true of every run, whatever happens to it. Production asserts each with `must`, and ends the run with the
 * sentence rather than going on with a wrong state; the simulation looks for a seed that breaks one.
 */
export const invariants = {
  oneStepAfterAnother: 'a step is committed once, right after the step before it',
  sumIsWhatWasAccepted: 'the sum of a step holds the nodes that the round has accepted, and no others',
  journalFollowsTheState: 'the journal names each committed step once, in order, after it was committed',
  checkpointWasCommitted: 'a checkpoint holds a state that was committed',
  goesBackOnly: 'a rollback leads to a step that was committed before',
  countsOnce: 'each virtual worker is counted exactly once in a commit',
  nothingStaleCounts: 'nothing of another step, or of a session that is over, is assigned or counted',
  answersEachNode: 'each node that arrives is answered once',
  membersOnly: 'no decision is about a session that is not a member, or a block that it does not hold',
  atMostTwoHands: 'a block is in at most two hands, and never twice in one',
  blocksAreApart: 'blocks in hand are equal or apart from each other, and from what is accepted',
  nothingIsIdle: 'while a worker is active, each virtual worker of the step is accepted or in some hands',
  lateIsCopied: 'while a worker is idle, no block is late in one hand only',
  silenceEndsALease:
    'who is silent for longer than the lease is put out at the next tick, and nobody else is',
  drainingOwesNothing: 'a draining worker is given nothing, and is let go as soon as it owes nothing',
  pausedBeginsNothing: 'a paused run begins no step, and no step begins before the last is committed',
  oneOutcome: 'a life of a run has one outcome',
  completeMeansKept: 'a run is complete when its last state is durable, and not before',
  completeMeansAllSteps: 'a run is complete when all its steps are committed, and not before',
  answersWereAsked: 'what is answered was asked for',
} as const;

export type InvariantName = keyof typeof invariants;

/** A state that cannot be: a fault of this program. What it holds is not to be trusted any more. */
export class InvariantError extends ProgramFault<'invariant'> {
  constructor(invariant: InvariantName, found: string) {
    super('invariant', `${invariants[invariant]}, but ${found}: please report this with the log`);
  }
}

/** @param found what is so instead, for a person. @throws InvariantError */
export function must(invariant: InvariantName, holds: boolean, found: () => string): asserts holds {
  if (!holds) throw new InvariantError(invariant, found());
}
