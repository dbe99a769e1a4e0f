import { stat } from './panel-kinds.ts';
import { type Query, RUN } from './promql.ts';

/** Seconds since the newest checkpoint became durable; none before the first of this life of the coordinator. */
export const CHECKPOINT_AGE: Query = {
  expr: `time() - max(atelier_checkpoint_saved_timestamp_seconds{${RUN}})`,
  legend: 'age',
};

/** As a number: yellow after half an hour; red after an hour, when the alert comes. */
export function checkpointAge() {
  return stat(
    {
      title: 'Checkpoint age',
      description: 'If the coordinator dies, everything since this checkpoint is computed again.',
      unit: 's',
      decimals: 0,
      noValue: 'none yet',
      limits: {
        from: [
          [1800, 'yellow'],
          [3600, 'red'],
        ],
      },
    },
    CHECKPOINT_AGE,
  );
}
