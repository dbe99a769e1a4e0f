export type ComputeErrorCode = 'failed' | 'cancelled' | 'crashed' | 'closed';

/**
 * `failed`: this call, the next may succeed. `cancelled`: by its signal. `crashed`: the thread is gone, and with it
 * every call; a new one must be started. `closed`: called before start or after stop.
 */
export class ComputeError extends Error {
  override readonly name = 'ComputeError';
  readonly code: ComputeErrorCode;
  constructor(code: ComputeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
