import type { RunStores } from '@atelier/shared/checkpoint/run-stores';
import type { NatsCredentials } from '@atelier/shared/config/nats-credentials';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { Disk } from '@atelier/shared/disk/disk';
import type { Clock } from '@atelier/shared/time/clock';
import type { Logger } from 'pino';
import { Alerting } from './alert/alerting.ts';
import type { Closing } from './closing.ts';
import type { NatsEventBus } from './events/nats-event-bus.ts';
import { openEvents } from './events/open-events.ts';
import { Run } from './run/run.ts';
import { Reception } from './sessions/reception.ts';
import type { RunFolder } from './storage/run-folder.ts';
import { openRunStorage } from './storage/run-storage.ts';

export interface RunSettings {
  readonly config: RunConfig;
  /** The run's folder: new or empty, or with `resume` that of a run to go on with. */
  readonly folder: string;
  /** Go on with the run in the folder, if there is one. Default: false, an existing run is refused. */
  readonly resume?: boolean;
  /** How long a completed run waits for its last sample grid, in ms. Default: 60,000. */
  readonly finalSampleMs?: number;
  /** Who the coordinator is to the event server. */
  readonly natsCredentials?: NatsCredentials | undefined;
  /** How long the beginning waits for the store of the checkpoints, in ms. Default: 30,000. */
  readonly storeWaitMs?: number;
  /** How long the end tries to save the last checkpoint before the run's folder keeps it, in ms. Default: 20,000. */
  readonly finalSaveMs?: number;
  /** How long a complete run waits for its last evaluation while the evaluator says nothing, in ms. Default: 60,000. */
  readonly evaluatorPatienceMs?: number;
}

/** What a run stands on. A simulation gives others than the coordinator's process does. */
export interface Machine {
  readonly clock: Clock;
  readonly disk: Disk;
  /** An id that nobody else has. */
  readonly newId: () => string;
  readonly openStores: (config: RunConfig, folder: string) => RunStores;
  readonly log: Logger;
}

export interface OpenedRun {
  readonly run: Run;
  readonly reception: Reception;
  readonly folder: RunFolder;
  readonly nats: NatsEventBus | undefined;
}

/**
 * Opens all that a run consists of but its servers. `run.begin` then begins it.
 * @param machine.closing gets what has to be closed again, also when this throws
 * @throws RunFolderError, ObjectStoreError, JournalError
 */
export async function openRun(
  settings: RunSettings,
  machine: Machine & { readonly closing: Closing },
): Promise<OpenedRun> {
  const { config, resume = false, natsCredentials: credentials } = settings;
  const { storeWaitMs = 30_000, finalSampleMs = 60_000, finalSaveMs = 20_000 } = settings;
  const { evaluatorPatienceMs = 60_000 } = settings;
  const { closing } = machine;
  const storage = await openRunStorage({ config, folder: settings.folder, resume, storeWaitMs }, machine);
  const { folder, journal } = storage;
  closing.add(() => journal.close());
  const { events, nats } = await openEvents({ folder, config, credentials }, machine);
  closing.add(() => events.close());
  const identity = { runId: folder.record.runId, incarnation: machine.newId() };
  const run = new Run(
    { config, identity, finalSampleMs, finalSaveMs, storeWaitMs, evaluatorPatienceMs },
    { ...storage, ...machine, events },
  );
  closing.add(() => {
    run.memory.close();
    run.published.close();
  });
  const alerting = new Alerting({ run, clock: machine.clock });
  closing.add(() => alerting.stop());
  return { run, reception: new Reception({ run }), folder, nats };
}
