import { RefusedError } from '../refusals/refused-error.ts';

export interface RunIdentity {
  readonly runId: string;
  /** Which life of the coordinator: random at every start. */
  readonly incarnation: string;
}

/** @throws RefusedError 'wrong-run' | 'wrong-incarnation' */
export function checkIdentity(wanted: RunIdentity, got: RunIdentity): void {
  if (got.runId !== wanted.runId) throw RefusedError.mismatch('wrong-run', 'run_id', got.runId, wanted.runId);
  if (got.incarnation !== wanted.incarnation) {
    throw RefusedError.mismatch('wrong-incarnation', 'incarnation', got.incarnation, wanted.incarnation);
  }
}
