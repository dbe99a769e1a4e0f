export type ModelErrorCode =
  | 'unknown-preset'
  | 'not-loadable'
  | 'not-a-model'
  | 'wrong-options'
  | 'inconsistent'
  | 'no-styles'
  | 'no-judge';

/** A model that cannot be used; the message names the part and what to change. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;
  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
