import { CodedError } from '../errors/coded-error.ts';

export type JournalErrorCode = 'unavailable' | 'write-failed' | 'closed' | 'broken-line';

/** The ledger cannot be kept or read; the message names the file. */
export class JournalError extends CodedError<JournalErrorCode> {}
