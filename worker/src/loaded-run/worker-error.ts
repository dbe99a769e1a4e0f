export type WorkerErrorCode = 'bad-config' | 'data' | 'other-engine' | 'metrics-address';

/** Why a worker cannot take part in the run it found; the message says what to change. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';
  readonly code: WorkerErrorCode;
  constructor(code: WorkerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
