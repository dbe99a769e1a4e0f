import { CodedError } from '@atelier/shared/errors/coded-error';

/**
 * Why a message of a worker or of an operator was not taken. `unknown-session`, `wrong-incarnation` and `stopping`
 * are part of normal life (a worker that was out, a coordinator that restarted): join again. The others are faults.
 */
export const refusedCodes = [
  'bad-message',
  'protocol-version',
  'fingerprint',
  'definition',
  'wrong-run',
  'wrong-incarnation',
  'unknown-session',
  'wrong-layout',
  'wrong-length',
  'wrong-checksum',
  'unseen',
  'overwritten',
  'bad-node',
  'bad-initial',
  'future-step',
  'stale-version',
  'unknown-group',
  'unknown-worker',
  'bad-image',
  'not-ready',
  'no-reducers',
  'stopping',
] as const;

export type RefusedCode = (typeof refusedCodes)[number];

export class RefusedError extends CodedError<RefusedCode> {
  /** "layout_hash: got 'ab', wanted 'cd'" */
  static mismatch(code: RefusedCode, field: string, got: unknown, wanted: unknown): RefusedError {
    return new RefusedError(code, `${field}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
  }
}
