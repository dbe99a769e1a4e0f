import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { CHECKPOINT_AGE, checkpointAge } from './checkpoint-age.ts';
import { dashboardOf } from './dashboard-frame.ts';
import { curves, stat } from './panel-kinds.ts';
import { quantiles, RUN, rate } from './promql.ts';

/** Is what was computed safe, and does the world hear of it. */
export function storageAndEvents(): Dashboard {
  return dashboardOf(
    {
      uid: 'atelier-storage-and-events',
      title: 'Atelier: storage and events',
      description: 'Whether checkpoints are saved and events delivered.',
    },
    [
      { panels: glance() },
      { title: 'Checkpoints', panels: checkpoints() },
      { title: 'Events', panels: events() },
    ],
  );
}

function glance() {
  return [
    checkpointAge(),
    stat(
      {
        title: 'Checkpoint step',
        description: 'Step at which a resumed run would start.',
        words: { '-1': 'yellow none' },
      },
      { expr: `max(atelier_checkpoint_step{${RUN}})`, legend: 'step' },
    ),
    stat(
      { title: 'Checkpoint size', description: 'Size of the newest checkpoint.', unit: 'bytes' },
      { expr: `max(atelier_checkpoint_size_bytes{${RUN}})`, legend: 'size' },
    ),
    stat(
      {
        title: 'Not saved',
        description: 'Checkpoints that could not be saved since the coordinator started.',
        limits: { from: [[1, 'red']] },
      },
      { expr: `sum(atelier_checkpoint_failures_total{${RUN}})`, legend: 'failures' },
    ),
    stat(
      {
        title: 'Damaged',
        description:
          'Checkpoints found damaged since the coordinator started. The run used an older one instead.',
        limits: { from: [[1, 'red']] },
      },
      { expr: `sum(atelier_checkpoint_damaged_total{${RUN}})`, legend: 'damaged' },
    ),
    stat(
      {
        title: 'Event server',
        description: 'Whether the event server can be reached. Events are also in events.jsonl.',
        words: { '-1': 'text none configured', 0: 'red unreachable', 1: 'green connected' },
      },
      { expr: `max(atelier_events_connected{${RUN}}) or vector(-1)`, legend: 'connected' },
    ),
    stat(
      {
        title: 'Waiting events',
        description: 'Events that wait for the server.',
        limits: {
          from: [
            [100, 'yellow'],
            [10_000, 'red'],
          ],
        },
      },
      { expr: `sum(atelier_events_spool_depth{${RUN}})`, legend: 'waiting' },
    ),
    stat(
      {
        title: 'Events given up',
        description:
          'Events that the server will not get, because too many waited. They are in events.jsonl.',
        limits: { from: [[1, 'red']] },
      },
      { expr: `sum(atelier_events_undelivered_total{${RUN}})`, legend: 'given up' },
    ),
  ];
}

function checkpoints() {
  return [
    curves(
      {
        title: 'Age',
        description: 'Steps since the last checkpoint. A crash costs this many.',
        unit: 's',
        limits: { below: 'transparent', from: [[3600, 'red']] },
      },
      CHECKPOINT_AGE,
    ),
    curves(
      {
        title: 'Steps since the checkpoint',
        description: 'Steps that are computed again if the coordinator dies now.',
      },
      {
        expr: `max(atelier_run_step{${RUN}}) - max(atelier_checkpoint_step{${RUN}} >= 0)`,
        legend: 'steps',
      },
    ),
    curves(
      {
        title: 'Time to save',
        description: 'Time from the snapshot until the checkpoint is durable. Training continues meanwhile.',
        unit: 's',
        width: 8,
      },
      ...quantiles(
        `increase(atelier_checkpoint_save_seconds_bucket{${RUN}}[$__range])`,
        [],
        (quantile) => quantile,
      ),
    ),
    curves(
      { title: 'Size', description: 'Size of the newest checkpoint.', unit: 'bytes', width: 8 },
      { expr: `max(atelier_checkpoint_size_bytes{${RUN}})`, legend: 'size' },
    ),
    curves(
      {
        title: 'Failed and damaged checkpoints',
        description: 'The newest undamaged checkpoint is always kept.',
        asBars: true,
        width: 8,
      },
      {
        expr: `sum(increase(atelier_checkpoint_failures_total{${RUN}}[$__rate_interval]))`,
        legend: 'not saved',
      },
      {
        expr: `sum(increase(atelier_checkpoint_damaged_total{${RUN}}[$__rate_interval]))`,
        legend: 'damaged',
      },
    ),
  ];
}

function events() {
  return [
    curves(
      { title: 'Events by type', description: 'Events of the run, by type.', asBars: true },
      {
        expr: `sum by (type) (increase(atelier_events_recorded_total{${RUN}}[$__rate_interval]))`,
        legend: '{{type}}',
      },
    ),
    curves(
      {
        title: 'Delivered and given up',
        description: 'Events per second that the server has acknowledged, and that were given up.',
        colors: { delivered: 'green', 'given up': 'red' },
      },
      { expr: `sum(${rate(`atelier_events_delivered_total{${RUN}}`)})`, legend: 'delivered' },
      { expr: `sum(${rate(`atelier_events_undelivered_total{${RUN}}`)})`, legend: 'given up' },
    ),
    curves(
      {
        title: 'Waiting events',
        description:
          'Number of waiting events on disk. It grows while the server cannot be reached. Events are delivered in order.',
        width: 24,
      },
      { expr: `sum(atelier_events_spool_depth{${RUN}})`, legend: 'waiting' },
    ),
  ];
}
