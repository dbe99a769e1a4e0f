/** `no-room`: nothing can be written where others could read it. `unseen`: what was named cannot be read here. */
export type MemoryErrorCode = 'no-room' | 'unseen';

/** Bytes cannot go from one process to another through memory. They go another way. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
  readonly code: MemoryErrorCode;
  constructor(code: MemoryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
