import { CodedError } from '@atelier/shared/errors/coded-error';

export type ComputeErrorCode = 'failed' | 'cancelled' | 'crashed' | 'closed';

/**
 * `failed`: this call, the next may succeed. `cancelled`: by its signal. `crashed`: the thread is gone, and with it
 * every call; a new one must be started. `closed`: called before start or after stop.
 */
export class ComputeError extends CodedError<ComputeErrorCode> {}
