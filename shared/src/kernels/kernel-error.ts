import { CodedError } from '../errors/coded-error.ts';

export type KernelErrorCode = 'not-built' | 'out-of-memory' | 'released' | 'length-mismatch';

/** The kernels cannot be loaded, or buffers are used in a way that would corrupt memory. */
export class KernelError extends CodedError<KernelErrorCode> {}
