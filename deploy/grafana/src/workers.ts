import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardOf } from './dashboard-frame.ts';
import { type CurveWords, curves, GOOD_SHARE, type Panel, stat, table } from './panel-kinds.ts';
import { ofWorkers, quantiles, RUN, rate } from './promql.ts';

const PARTS = ofWorkers(rate('atelier_worker_part_seconds_total'));
const COMPUTE = ofWorkers(rate('atelier_worker_part_seconds_total{part="compute"}'));

/** Which worker is slow, idle, leaking or cut off. */
export function workers(): Dashboard {
  return dashboardOf(
    {
      uid: 'atelier-workers',
      title: 'Atelier: workers',
      description: 'Which worker is slow, idle, disconnected or leaks memory.',
      hasWorkers: true,
    },
    [
      { panels: [...glance(), eachWorker()] },
      { title: 'Work', panels: work() },
      { title: 'Connection', panels: connection() },
      { title: 'Process', panels: process() },
    ],
  );
}

function glance() {
  return [
    stat(
      {
        title: 'Connected',
        description: 'Workers that are part of a run, of those that answer Prometheus.',
        limits: { below: 'red', from: [[1, 'green']] },
        width: 4,
      },
      { expr: `sum(${ofWorkers('atelier_worker_connected')})`, legend: 'connected' },
    ),
    stat(
      {
        title: 'Not connected',
        description: 'Workers that run but have no coordinator.',
        limits: { from: [[1, 'red']] },
        width: 4,
      },
      { expr: `sum(1 - ${ofWorkers('atelier_worker_connected')})`, legend: 'not connected' },
    ),
    stat(
      {
        title: 'Computing',
        description:
          'Share of the workers’ time that is spent on computation. The rest is transfer, reading data and waiting.',
        unit: 'percentunit',
        decimals: 0,
        width: 4,
        limits: GOOD_SHARE,
      },
      { expr: `sum(${COMPUTE}) / sum(${PARTS})`, legend: 'compute' },
    ),
    stat(
      {
        title: 'Images/s',
        description: 'Computed by all workers, including results that were not used.',
        decimals: 1,
        width: 4,
      },
      { expr: `sum(${ofWorkers(rate('atelier_worker_images_total'))})`, legend: 'images/s' },
    ),
    stat(
      {
        title: 'Pushes not accepted',
        description: 'Share of pushed nodes that were late, duplicate or refused.',
        unit: 'percentunit',
        decimals: 1,
        width: 4,
        limits: {
          from: [
            [0.05, 'yellow'],
            [0.2, 'red'],
          ],
        },
      },
      {
        expr: `sum(${ofWorkers('increase(atelier_worker_pushes_total{status!="accepted"}[$__range])')}) / sum(${ofWorkers('increase(atelier_worker_pushes_total[$__range])')})`,
        legend: 'not accepted',
      },
    ),
    stat(
      {
        title: 'Worst event-loop lag',
        description:
          '99th percentile of the event-loop lag of the slowest main thread. Heartbeats are late by this time.',
        unit: 's',
        width: 4,
        limits: {
          from: [
            [0.1, 'yellow'],
            [1, 'red'],
          ],
        },
      },
      { expr: `max(${ofWorkers('nodejs_eventloop_lag_p99_seconds')})`, legend: 'p99' },
    ),
  ];
}

function eachWorker() {
  const by = (aggregation: string, series: string) => `${aggregation} by (worker) (${series})`;
  return table(
    { title: 'Each worker', description: 'Newest values, one row per worker.' },
    {
      title: 'Connected',
      expr: 'max by (worker, device) (atelier_worker_info{worker=~"$worker"} * on (job, instance) group_left () atelier_worker_connected)',
    },
    { title: 'Images/s', expr: by('sum', ofWorkers(rate('atelier_worker_images_total'))), decimals: 1 },
    {
      title: 'Computing',
      expr: `${by('sum', COMPUTE)} / ${by('sum', PARTS)}`,
      unit: 'percentunit',
      decimals: 0,
    },
    { title: 'Tensors', expr: by('max', ofWorkers('atelier_worker_tensors')) },
    { title: 'Memory', expr: by('max', ofWorkers('process_resident_memory_bytes')), unit: 'bytes' },
    { title: 'Lag p99', expr: by('max', ofWorkers('nodejs_eventloop_lag_p99_seconds')), unit: 's' },
  );
}

function work() {
  return [
    curves(
      {
        title: 'Time by part',
        description: 'All time of the chosen workers. If data grows, the data set is read too slowly.',
        unit: 'percentunit',
        stack: 'percent',
        colors: { compute: 'green', transfer: 'blue', data: 'orange', wait: 'yellow' },
      },
      { expr: `sum by (part) (${PARTS})`, legend: '{{part}}' },
    ),
    curves(
      {
        title: 'Computing, by worker',
        description:
          'Share of the time of each worker. A worker with a much lower share waits for data, for the network or for work.',
        unit: 'percentunit',
        max: 1,
      },
      { expr: `sum by (worker) (${COMPUTE}) / sum by (worker) (${PARTS})`, legend: '{{worker}}' },
    ),
    curves(
      {
        title: 'Time of a virtual worker',
        description: 'Compute time of one virtual worker. The slowest worker sets the pace of a step.',
        unit: 's',
      },
      ...quantiles(
        ofWorkers(rate('atelier_worker_block_seconds_bucket')),
        ['worker', 'phase'],
        (quantile) => `{{worker}} {{phase}} ${quantile}`,
      ),
    ),
    curves(
      {
        title: 'Measured speed',
        description:
          'Virtual workers per second, as measured by the coordinator. It assigns work in proportion to this speed.',
      },
      {
        expr: `max by (worker) (atelier_coordinator_worker_speed_virtual_workers_per_second{${RUN}, worker=~"$worker"})`,
        legend: '{{worker}}',
      },
    ),
    ofEach(
      { title: 'Virtual workers per second', description: 'Computed by each worker.' },
      rate('atelier_worker_virtual_workers_total'),
    ),
    curves(
      {
        title: 'Phases compiled',
        description: 'Recorded into a graph. Fallback: runs op by op, at about half the speed.',
        colors: { fallback: 'red', compiled: 'green' },
      },
      {
        expr: `sum by (result) (${ofWorkers('atelier_worker_compiled_phases_total')})`,
        legend: '{{result}}',
      },
    ),
  ];
}

function connection() {
  return [
    curves(
      {
        title: 'Pushes by status',
        description: 'Duplicate and stale are the price of second copies; refused is a fault.',
        stack: 'normal',
        colors: { accepted: 'green', duplicate: 'yellow', stale: 'orange', refused: 'red' },
      },
      {
        expr: `sum by (status) (${ofWorkers(rate('atelier_worker_pushes_total'))})`,
        legend: '{{status}}',
      },
    ),
    ofEach(
      {
        title: 'Times let in',
        description:
          'By a coordinator. More than once: the connection was lost, or the coordinator restarted.',
      },
      'atelier_worker_connections_total',
    ),
    byTransport(
      { title: 'Sent', description: 'Gradients pushed, by shared memory or gRPC.', unit: 'Bps' },
      rate('atelier_worker_sent_bytes_total'),
    ),
    byTransport(
      { title: 'Received', description: 'Parameters pulled, by shared memory or gRPC.', unit: 'Bps' },
      rate('atelier_worker_received_bytes_total'),
    ),
  ];
}

function process() {
  const third = (title: string, description: string, unit: string, series: string) =>
    ofEach({ title, description, unit, width: 8 }, series);
  return [
    third('Memory', 'Resident. A climb without end is a leak.', 'bytes', 'process_resident_memory_bytes'),
    third('Device memory', 'Held by tensors on the device.', 'bytes', 'atelier_worker_device_memory_bytes'),
    third('Tensors', 'Alive between steps: flat, or a leak.', 'short', 'atelier_worker_tensors'),
    third(
      'Event-loop lag',
      '99th percentile of the main thread, which talks; compute has a thread of its own.',
      's',
      'nodejs_eventloop_lag_p99_seconds',
    ),
    third('CPU', 'Processor cores in use.', 'short', rate('process_cpu_seconds_total')),
    third('JavaScript heap', 'In use.', 'bytes', 'nodejs_heap_size_used_bytes'),
  ];
}

/** Only the ways that are in use. */
function byTransport(words: CurveWords, series: string): Panel {
  const expr = `sum by (worker, transport) (${ofWorkers(series)}) > 0`;
  return curves(words, { expr, legend: '{{worker}} by {{transport}}' });
}

function ofEach(words: CurveWords, series: string): Panel {
  return curves(words, { expr: `max by (worker) (${ofWorkers(series)})`, legend: '{{worker}}' });
}
