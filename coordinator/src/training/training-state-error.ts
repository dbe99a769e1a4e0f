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
export class TrainingStateError extends Error {
  override readonly name = 'TrainingStateError';
  readonly code: TrainingStateErrorCode;
  constructor(code: TrainingStateErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
