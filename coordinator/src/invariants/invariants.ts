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
  goesBackOnly: 'a rollback goes to a step that was committed before',
  countsOnce: 'each virtual worker is counted exactly once in a commit',
  nothingStaleCounts: 'only nodes of the current step and of current sessions are assigned and counted',
  answersEachNode: 'each node that arrives is answered once',
  membersOnly: 'each decision is about a session that is a member, and a block that is assigned to it',
  atMostTwoHands: 'at most two workers compute a block, and never one worker twice',
  blocksAreApart: 'two assigned blocks are equal or disjoint, and disjoint from the accepted nodes',
  nothingIsIdle: 'while a worker is active, each virtual worker of the step is accepted or assigned',
  lateIsCopied: 'while a worker is idle, each late block is assigned to two workers',
  silenceEndsALease:
    'a worker that is silent for longer than the lease is removed at the next tick, and no other worker is',
  drainingOwesNothing: 'a draining worker is given no work, and may leave as soon as it owes none',
  pausedBeginsNothing: 'a paused run begins no step, and no step begins before the last is committed',
  oneOutcome: 'a run has one outcome in each life of its coordinator',
  completeMeansKept: 'a run is complete when its last state is durable, and not before',
  completeMeansAllSteps: 'a run is complete when all its steps are committed, and not before',
  answersWereAsked: 'each answer belongs to a request',
} as const;

export type InvariantName = keyof typeof invariants;

/** A state that cannot be: a fault of this program. What it holds is not to be trusted any more. */
export class InvariantError extends ProgramFault<'invariant'> {
  constructor(invariant: InvariantName, found: string) {
    super(
      'invariant',
      `a rule of the program is broken: ${invariants[invariant]}, but ${found}. Please report this with the log; resume the run to continue from its last checkpoint`,
    );
  }
}

/** @param found what is so instead, for a person. @throws InvariantError */
export function must(invariant: InvariantName, holds: boolean, found: () => string): asserts holds {
  if (!holds) throw new InvariantError(invariant, found());
}
