import { CodedError } from '@atelier/shared/errors/coded-error';
import { status } from '@grpc/grpc-js';

/**
 * `stale`: the run has moved on; nothing is wrong. `rejoin`: this membership is over. `damaged`: bytes arrived other
 * than they were sent; ask again. `unseen`: the other side cannot read this process' memory. `unreachable`: no answer (in time). `refused`: a fault; the message says which.
 */
export type DataPlaneErrorCode = 'stale' | 'rejoin' | 'damaged' | 'unseen' | 'unreachable' | 'refused';

export class DataPlaneError extends CodedError<DataPlaneErrorCode> {}

const CODE_OF_REFUSAL: ReadonlyMap<string, DataPlaneErrorCode> = new Map([
  ['unknown-session', 'rejoin'],
  ['wrong-incarnation', 'rejoin'],
  // Whether to come back is said on the control stream.
  ['stopping', 'stale'],
  ['stale-version', 'stale'],
  ['wrong-checksum', 'damaged'],
  ['unseen', 'unseen'],
  ['overwritten', 'damaged'],
]);

/** Of anything that a call failed with. The coordinator's refusals come as details of the form "code: message". */
export function dataPlaneErrorOf(error: unknown): DataPlaneError {
  if (error instanceof DataPlaneError) return error;
  const { code, details } = toServiceError(error);
  const refusal = CODE_OF_REFUSAL.get(/^([a-z-]+): /.exec(details)?.[1] ?? '');
  if (refusal !== undefined) return new DataPlaneError(refusal, details, { cause: error });
  const isUnreachable =
    code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED || code === status.CANCELLED;
  return new DataPlaneError(isUnreachable ? 'unreachable' : 'refused', details, { cause: error });
}

function toServiceError(error: unknown): { readonly code: number | undefined; readonly details: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (typeof error !== 'object' || error === null) return { code: undefined, details: message };
  const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  return { code, details: 'details' in error && typeof error.details === 'string' ? error.details : message };
}
