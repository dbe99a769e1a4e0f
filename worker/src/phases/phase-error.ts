import { CodedError } from '@atelier/shared/errors/coded-error';

export type PhaseErrorCode =
  /** A tensor of the group has no gradient: the loss does not depend on it, or an op on the way has none. */
  | 'missing-gradient'
  /** The phase returned losses or statistics other than it declared. */
  | 'wrong-outputs'
  /** A batch, noise or parameter buffer has another length than the model asks for, or is not there. */
  | 'wrong-inputs'
  /** Two runs on the same inputs gave different bits. */
  | 'not-deterministic'
  /** A run left tensors behind. */
  | 'leak';

/** A phase that cannot be run as it is; the message names the phase and what to change. */
export class PhaseError extends CodedError<PhaseErrorCode> {}
