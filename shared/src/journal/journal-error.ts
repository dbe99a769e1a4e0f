export type JournalErrorCode = 'unavailable' | 'write-failed' | 'closed' | 'broken-line';

/** The ledger cannot be kept or read; the message names the file. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;
  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
