import { CodedError } from '@atelier/shared/errors/coded-error';

export type WorkerErrorCode = 'bad-config' | 'data' | 'other-engine' | 'metrics-address' | 'unknown-message';

/** Why a worker cannot take part in the run it found; the message says what to change. */
export class WorkerError extends CodedError<WorkerErrorCode> {}
