import { CodedError } from '@atelier/shared/errors/coded-error';

export type RunFolderErrorCode = 'not-empty' | 'in-use' | 'damaged' | 'other-config' | 'other-run';

/** What a folder is that cannot be used for the run, and what to do. */
export class RunFolderError extends CodedError<RunFolderErrorCode> {}
