import type { ObjectStore } from '@atelier/shared/checkpoint/object-store';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { JournalWriter } from '@atelier/shared/journal/journal-writer';
import type { Logger } from 'pino';
import type { Credentials } from './admission.ts';
import { Checkpointer } from './checkpointer.ts';
import type { EventLog } from './event-log.ts';
import type { RunMeter } from './run-meter.ts';

export interface CheckpointedRun extends Credentials {
  readonly runId: string;
  readonly config: RunConfig;
}

/** The checkpointer of a run whose model is known, telling what it does as events. */
export function createRunCheckpointer(
  { runId, config, definition, fingerprint }: CheckpointedRun,
  modules: {
    readonly store: ObjectStore;
    readonly journal: JournalWriter;
    readonly events: EventLog;
    readonly meter: RunMeter;
    readonly log: Logger;
  },
): Checkpointer {
  const { store, journal, events, meter, log } = modules;
  const { keepLast, keepEvery } = config.checkpoint;
  return new Checkpointer(
    { keepLast, keepEverySteps: keepEvery * definition.phases.length },
    {
      store,
      journal,
      describe: () => ({ runId, config, definition, fingerprint, createdAt: new Date().toISOString() }),
      observer: {
        saved: ({ step, path, sizeBytes }) => {
          meter.saved(step);
          events.record({ type: 'checkpoint.saved', step, path, bytes: sizeBytes });
        },
        failed: (step, error) => {
          log.error({ step, err: error }, 'checkpoint not saved');
          events.record({ type: 'checkpoint.failed', step, reason: String(error) });
        },
        damaged: ({ key, reason }) => {
          log.error({ key, reason }, 'checkpoint damaged');
          events.record({ type: 'checkpoint.damaged', path: `${store.location}/${key}`, reason });
        },
        deleted: (step) => events.record({ type: 'checkpoint.deleted', step }),
        notDeleted: (error) => log.warn({ err: error }, 'old checkpoints not deleted'),
      },
    },
  );
}
