export type RunFolderErrorCode = 'not-empty' | 'in-use' | 'damaged' | 'other-config' | 'other-run';

/** What a folder is that cannot be used for the run, and what to do. */
export class RunFolderError extends Error {
  override readonly name = 'RunFolderError';
  readonly code: RunFolderErrorCode;

  constructor(code: RunFolderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
