export type KernelErrorCode = 'not-built' | 'out-of-memory' | 'released' | 'length-mismatch';

/** The kernels cannot be loaded, or buffers are used in a way that would corrupt memory. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly code: KernelErrorCode;
  constructor(code: KernelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
