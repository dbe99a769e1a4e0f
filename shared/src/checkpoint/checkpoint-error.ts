import { CodedError } from '../errors/coded-error.ts';

export type CheckpointErrorCode =
  | 'no-manifest'
  | 'bad-manifest'
  | 'missing-file'
  | 'wrong-size'
  | 'wrong-hash'
  | 'unreadable'
  | 'bad-tensors';

/** A checkpoint that must not be used; the message names the file and what is wrong with it. */
export class CheckpointError extends CodedError<CheckpointErrorCode> {}
