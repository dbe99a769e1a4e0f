export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: 'not-listening';

  constructor(code: 'not-listening', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
