import { CodedError } from '@atelier/shared/errors/coded-error';

export type ModelErrorCode =
  | 'unknown-preset'
  | 'not-loadable'
  | 'not-a-model'
  | 'wrong-options'
  | 'inconsistent'
  | 'no-styles'
  | 'no-judge';

/** A model that cannot be used; the message names the part and what to change. */
export class ModelError extends CodedError<ModelErrorCode> {}
