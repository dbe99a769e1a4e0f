import type { ObjectStore } from '@atelier/shared/checkpoint/object-store';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { JournalWriter } from '@atelier/shared/journal/journal-writer';
import type { Logger } from 'pino';
import type { EventLog } from './event-log.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunIdentity } from './run-identity.ts';

export interface RunOptions {
  readonly config: RunConfig;
  readonly identity: RunIdentity;
  /** How long a run whose steps are all committed waits for its last sample grid. */
  readonly finalSampleMs: number;
}

export interface RunModules {
  readonly folder: RunFolder;
  readonly store: ObjectStore;
  readonly journal: JournalWriter;
  readonly events: EventLog;
  readonly log: Logger;
}
