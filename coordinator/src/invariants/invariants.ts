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
  oneOutcome: 'a life of a run has one outcome',
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
