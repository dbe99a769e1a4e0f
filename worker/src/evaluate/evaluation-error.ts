import { CodedError } from '@atelier/shared/errors/coded-error';

export type EvaluationErrorCode =
  /** The model makes images from noise: there is no content and no style to measure against. */
  | 'no-stylizer'
  /** Contents and styles of a model have different sizes. */
  | 'other-sizes'
  /** Runs of one evaluation differ in what they must have in common. */
  | 'runs-differ'
  /** Pairs come in tens, of ten different styles and ten different contents. */
  | 'wrong-pairs';

/** Pictures that cannot be measured as asked; the message says what to change. */
export class EvaluationError extends CodedError<EvaluationErrorCode> {}
