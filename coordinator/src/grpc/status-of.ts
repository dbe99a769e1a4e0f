import { type ServerErrorResponse, status } from '@grpc/grpc-js';
import { type RefusedCode, RefusedError } from '../refusals/refused-error.ts';

const STATUS_OF: Readonly<Record<RefusedCode, status>> = {
  'bad-message': status.INVALID_ARGUMENT,
  'protocol-version': status.FAILED_PRECONDITION,
  fingerprint: status.FAILED_PRECONDITION,
  definition: status.FAILED_PRECONDITION,
  'wrong-run': status.FAILED_PRECONDITION,
  'wrong-incarnation': status.FAILED_PRECONDITION,
  'unknown-session': status.FAILED_PRECONDITION,
  'wrong-layout': status.INVALID_ARGUMENT,
  'wrong-length': status.INVALID_ARGUMENT,
  'wrong-checksum': status.DATA_LOSS,
  unseen: status.FAILED_PRECONDITION,
  overwritten: status.DATA_LOSS,
  'bad-node': status.INVALID_ARGUMENT,
  'bad-initial': status.INVALID_ARGUMENT,
  'future-step': status.INVALID_ARGUMENT,
  'stale-version': status.FAILED_PRECONDITION,
  'unknown-group': status.INVALID_ARGUMENT,
  'unknown-worker': status.NOT_FOUND,
  'bad-image': status.INVALID_ARGUMENT,
  'not-ready': status.FAILED_PRECONDITION,
  'no-reducers': status.FAILED_PRECONDITION,
  stopping: status.UNAVAILABLE,
};

/** An error as a call ends with it: "code: message" for what was refused, INTERNAL for everything else. */
export function statusOf(
  error: unknown,
): Partial<ServerErrorResponse> & { readonly code: status; readonly details: string } {
  if (error instanceof RefusedError) {
    return {
      name: error.name,
      message: error.message,
      code: STATUS_OF[error.code],
      details: `${error.code}: ${error.message}`,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { name: 'InternalError', message, code: status.INTERNAL, details: message };
}
