import type { RunConfig } from '@atelier/shared/config/run-config';
import type { Disk } from '@atelier/shared/disk/disk';
import type { Clock } from '@atelier/shared/time/clock';
import type { Logger } from 'pino';
import type { EventLog } from '../events/event-log.ts';
import type { RunIdentity } from '../identity/run-identity.ts';
import type { RunStorage } from '../storage/run-storage.ts';

export interface RunOptions {
  readonly config: RunConfig;
  readonly identity: RunIdentity;
  /** How long a run whose steps are all committed waits for its last sample grid. */
  readonly finalSampleMs: number;
  /** How long the last checkpoint is tried to be saved before the run's folder keeps it. */
  readonly finalSaveMs: number;
  /** How long a store that is away is waited for when something is to be read from it. */
  readonly storeWaitMs: number;
  /** How long a complete run waits for its last evaluation while the evaluator says nothing. */
  readonly evaluatorPatienceMs: number;
}

export interface RunModules extends RunStorage {
  readonly events: EventLog;
  readonly clock: Clock;
  readonly disk: Disk;
  /** An id that nobody else has. */
  readonly newId: () => string;
  readonly log: Logger;
}
