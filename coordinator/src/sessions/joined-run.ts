import type { RunConfig } from '@atelier/shared/config/run-config';
import type { EventLog } from '../events/event-log.ts';
import type { Credentials } from '../identity/admission.ts';
import type { RunIdentity } from '../identity/run-identity.ts';
import type { RefusalLog } from '../refusals/refusal-log.ts';
import type { RoundEvent } from '../round/round-types.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** A run, as far as who comes and goes concerns it. */
export interface JoinedRun {
  readonly config: RunConfig;
  readonly identity: RunIdentity;
  readonly clock: { now(): number };
  readonly events: EventLog;
  readonly refusals: RefusalLog;
  readonly sessions: Sessions;
  /** What workers on this machine are handed. */
  readonly memory: { readonly id: string };
  readonly rendering: { failed(session: Session, step: number, message: string): void };
  /** Undefined until a worker has brought the model. */
  readonly loop:
    | {
        readonly training: { readonly step: number; readonly hasParameters: boolean };
        advance(event: Exclude<RoundEvent, { readonly type: 'node-arrived' }>): void;
      }
    | undefined;
  /** Whether everything is here that holds the state. */
  readonly isWhole: boolean;
  /** What whoever comes to the end of this life is told. */
  readonly stopNotice: { readonly reason: string; readonly reconnect: boolean };
  /** @throws RefusedError 'stopping' */
  assertOpen(): void;
  /** @throws RefusedError 'fingerprint' | 'definition' */
  enroll(worker: Credentials): Promise<void>;
  /** @param callback is called whenever the state of the run is held by everything that is to hold it */
  whenWhole(callback: () => void): void;
}
