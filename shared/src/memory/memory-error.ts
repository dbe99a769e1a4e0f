import { CodedError } from '../errors/coded-error.ts';

/**
 * `no-room`: nothing can be written where others could read it. `unseen`: what was named cannot be read here.
 * `overwritten`: something else is there by now.
 */
export type MemoryErrorCode = 'no-room' | 'unseen' | 'overwritten';

/** Bytes cannot go from one process to another through memory. They go another way, or again. */
export class MemoryError extends CodedError<MemoryErrorCode> {}
