import { CodedError } from '@atelier/shared/errors/coded-error';

export type TrainingStateErrorCode =
  | 'bad-config'
  | 'no-parameters'
  | 'has-parameters'
  | 'wrong-step'
  | 'wrong-length'
  | 'non-finite'
  | 'unknown-group'
  | 'bad-snapshot'
  | 'released';

/** What was asked does not fit the state; the state is as it was. */
export class TrainingStateError extends CodedError<TrainingStateErrorCode> {}
