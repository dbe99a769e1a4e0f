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
      description: 'Is what was computed safe, and does the world hear of it.',
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
        description: 'A run that is resumed begins here.',
        words: { '-1': 'yellow none' },
      },
      { expr: `max(atelier_checkpoint_step{${RUN}})`, legend: 'step' },
    ),
    stat(
      { title: 'Checkpoint size', description: 'Of the newest.', unit: 'bytes' },
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
        description: 'Checkpoints found damaged since the coordinator started. An older good one was used.',
        limits: { from: [[1, 'red']] },
      },
      { expr: `sum(atelier_checkpoint_damaged_total{${RUN}})`, legend: 'damaged' },
    ),
    stat(
      {
        title: 'Event server',
        description: 'Whether events reach it. Without one they stand in events.jsonl.',
        words: { '-1': 'text none configured', 0: 'red unreachable', 1: 'green connected' },
      },
      { expr: `max(atelier_events_connected{${RUN}}) or vector(-1)`, legend: 'connected' },
    ),
    stat(
      {
        title: 'Waiting events',
        description: 'In the spool, for the server.',
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
        description: 'Too many waited: the server never gets them. They stand in events.jsonl.',
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
        description: 'A saw: its height is what a crash costs.',
        unit: 's',
        limits: { below: 'transparent', from: [[3600, 'red']] },
      },
      CHECKPOINT_AGE,
    ),
    curves(
      {
        title: 'Steps since the checkpoint',
        description: 'Computed again if the coordinator died now.',
      },
      {
        expr: `max(atelier_run_step{${RUN}}) - max(atelier_checkpoint_step{${RUN}} >= 0)`,
        legend: 'steps',
      },
    ),
    curves(
      {
        title: 'Time to save',
        description: 'From the snapshot until it is durable. Training goes on meanwhile.',
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
      { title: 'Size', description: 'Of the newest checkpoint.', unit: 'bytes', width: 8 },
      { expr: `max(atelier_checkpoint_size_bytes{${RUN}})`, legend: 'size' },
    ),
    curves(
      {
        title: 'Not saved, damaged',
        description: 'The newest good checkpoint is kept whatever happens.',
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
      { title: 'Events by type', description: 'What happened to the run.', asBars: true },
      {
        expr: `sum by (type) (increase(atelier_events_recorded_total{${RUN}}[$__rate_interval]))`,
        legend: '{{type}}',
      },
    ),
    curves(
      {
        title: 'Delivered and given up',
        description: 'Per second: events that the server has acknowledged, and those it never gets.',
        colors: { delivered: 'green', 'given up': 'red' },
      },
      { expr: `sum(${rate(`atelier_events_delivered_total{${RUN}}`)})`, legend: 'delivered' },
      { expr: `sum(${rate(`atelier_events_undelivered_total{${RUN}}`)})`, legend: 'given up' },
    ),
    curves(
      {
        title: 'Waiting events',
        description:
          'Depth of the spool on disk: it grows while the server is away, and is emptied in order.',
        width: 24,
      },
      { expr: `sum(atelier_events_spool_depth{${RUN}})`, legend: 'waiting' },
    ),
  ];
}
