import type { RunConfig } from '@atelier/shared/config/run-config';
import { type Clock, timeOf } from '@atelier/shared/time/clock';
import type { Logger } from 'pino';
import type { EventLog } from '../events/event-log.ts';
import type { Credentials } from '../identity/admission.ts';
import type { RunMeter } from '../meter/run-meter.ts';
import { Checkpointer } from '../storage/checkpointer.ts';
import type { RunStorage } from '../storage/run-storage.ts';

export interface CheckpointedRun extends Credentials {
  readonly runId: string;
  readonly config: RunConfig;
}

/** The checkpointer of a run whose model is known, telling what it does as events. */
export function createRunCheckpointer(
  { runId, config, definition, fingerprint }: CheckpointedRun,
  modules: Pick<RunStorage, 'store' | 'fallback' | 'elsewhere' | 'journal' | 'archive'> & {
    readonly events: EventLog;
    readonly meter: RunMeter;
    readonly clock: Clock;
    readonly log: Logger;
  },
): Checkpointer {
  const { store, fallback, elsewhere, journal, archive, events, meter, clock, log } = modules;
  const { keepLast, keepEvery } = config.checkpoint;
  return new Checkpointer(
    { keepLast, keepEverySteps: keepEvery * definition.phases.length },
    {
      ...{ store, fallback, elsewhere, journal, archive, clock },
      describe: () => ({ runId, config, definition, fingerprint, createdAt: timeOf(clock) }),
      observer: {
        saved: ({ step, path, sizeBytes }) => {
          meter.saved(step);
          events.record({ type: 'checkpoint.saved', step, path, bytes: sizeBytes });
        },
        failed: (step, error) => {
          log.error({ step, err: error }, 'checkpoint not saved');
          events.record({ type: 'checkpoint.failed', step, reason: String(error) });
        },
        keptAside: ({ step, path, sizeBytes }) => {
          const advice =
            'to continue from it: atelier train or atelier coordinator with --resume in this folder';
          log.error(
            { step, path, advice },
            'last checkpoint saved in the folder of the run, not in the store',
          );
          meter.saved(step);
          events.record({ type: 'checkpoint.saved', step, path, bytes: sizeBytes });
        },
        damaged: ({ location, key, reason }) => {
          const path = `${location}/${key}`;
          log.error({ path, reason }, 'checkpoint damaged');
          events.record({ type: 'checkpoint.damaged', path, reason });
        },
        deleted: (step) => events.record({ type: 'checkpoint.deleted', step }),
        notDeleted: (error) => log.warn({ err: error }, 'old checkpoints not deleted'),
      },
    },
  );
}
