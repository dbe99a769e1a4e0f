export type CheckpointErrorCode =
  | 'no-manifest'
  | 'bad-manifest'
  | 'missing-file'
  | 'wrong-size'
  | 'wrong-hash'
  | 'unreadable'
  | 'bad-tensors';

/** A checkpoint that must not be used; the message names the file and what is wrong with it. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly code: CheckpointErrorCode;
  constructor(code: CheckpointErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
