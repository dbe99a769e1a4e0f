import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardOf } from './dashboard-frame.ts';
import { curves, stat } from './panel-kinds.ts';
import { quantiles, RUN, rate } from './promql.ts';

const STEP_BUCKETS = rate(`atelier_run_step_seconds_bucket{${RUN}}`);
const PART_BUCKETS = rate(`atelier_run_step_part_seconds_bucket{${RUN}}`);

/** From a gradient to new parameters: where a step's time goes, and what goes wrong on the way. */
export function gradientPath(): Dashboard {
  return dashboardOf(
    {
      uid: 'atelier-gradient-path',
      title: 'Atelier: gradient path',
      description:
        'From a gradient to new parameters: where the time of a step goes, and what goes wrong on the way.',
    },
    [
      { panels: glance() },
      { title: 'Time of a step', panels: time() },
      { title: 'Bytes', panels: bytes() },
      { title: 'What went wrong', panels: faults() },
      { title: 'Coordinator', panels: coordinator() },
    ],
  );
}

function glance() {
  return [
    ...quantiles(STEP_BUCKETS, [], (quantile) => quantile).map((query) =>
      stat(
        { title: `Step time ${query.legend}`, description: 'From commit to commit.', unit: 's', width: 4 },
        query,
      ),
    ),
    stat(
      {
        title: 'Backlog',
        description: 'Nodes of the reduction tree that wait for their sibling.',
        width: 4,
      },
      { expr: `sum(atelier_coordinator_reduction_backlog_nodes{${RUN}})`, legend: 'nodes' },
    ),
    stat(
      {
        title: 'Second copies',
        description: 'In the shown time: blocks computed twice since the first worker was late.',
        decimals: 0,
        width: 4,
        limits: { from: [[10, 'yellow']] },
      },
      {
        expr: `sum(increase(atelier_coordinator_second_copies_total{${RUN}}[$__range]))`,
        legend: 'copies',
      },
    ),
    stat(
      {
        title: 'Leases lost',
        description: 'In the shown time: assignments that were handed out again as their worker was lost.',
        decimals: 0,
        width: 4,
        limits: { from: [[10, 'yellow']] },
      },
      { expr: `sum(increase(atelier_coordinator_lost_leases_total{${RUN}}[$__range]))`, legend: 'leases' },
    ),
    stat(
      {
        title: 'Messages refused',
        description: 'In the shown time, for any reason.',
        decimals: 0,
        width: 4,
        limits: { from: [[10, 'yellow']] },
      },
      {
        expr: `sum(increase(atelier_coordinator_refused_messages_total{${RUN}}[$__range]))`,
        legend: 'refused',
      },
    ),
  ];
}

function time() {
  const part = (what: string) => `sum by (part) (${rate(`atelier_run_step_part_seconds_${what}{${RUN}}`)})`;
  return [
    curves(
      {
        title: 'Step time by part',
        description:
          'Mean of a step. Compute: its slowest used node; transfer: bytes on their way; wait: for the last node; reduce and optimize: the coordinator.',
        unit: 's',
        stack: 'normal',
        colors: {
          compute: 'green',
          transfer: 'blue',
          wait: 'yellow',
          reduce: 'purple',
          optimize: 'orange',
        },
      },
      { expr: `${part('sum')} / ${part('count')}`, legend: '{{part}}' },
    ),
    curves(
      {
        title: 'Step time',
        description: 'From commit to commit, by phase.',
        unit: 's',
      },
      ...quantiles(STEP_BUCKETS, ['phase'], (quantile) => `{{phase}} ${quantile}`),
    ),
    curves(
      {
        title: 'Reduce and optimize',
        description: 'What the coordinator itself adds to a step: median and 95th percentile.',
        unit: 's',
      },
      ...quantiles(
        rate(`atelier_run_step_part_seconds_bucket{${RUN}, part=~"reduce|optimize"}`),
        ['part'],
        (quantile) => `{{part}} ${quantile}`,
      ),
    ),
    curves(
      { title: 'Slow parts', description: '95th percentile of each part.', unit: 's' },
      ...quantiles(PART_BUCKETS, ['part'], () => '{{part}}').slice(1),
    ),
  ];
}

/** Only what travels, and the ways that are in use. */
function byTransport(counter: string) {
  const expr = `sum by (kind, transport) (${rate(`${counter}{${RUN}}`)}) > 0`;
  return { expr, legend: '{{kind}} by {{transport}}' };
}

function bytes() {
  return [
    curves(
      {
        title: 'Received',
        description: 'By the coordinator: nodes of gradients, initial values, samples.',
        unit: 'Bps',
      },
      byTransport('atelier_coordinator_received_bytes_total'),
    ),
    curves(
      { title: 'Sent', description: 'By the coordinator: parameters, averages, statistics.', unit: 'Bps' },
      byTransport('atelier_coordinator_sent_bytes_total'),
    ),
    curves(
      {
        title: 'Virtual workers of the current step',
        description: 'Waiting for a worker, held by one, reduced.',
        stack: 'normal',
        colors: { waiting: 'yellow', held: 'blue', reduced: 'green' },
      },
      { expr: `sum by (state) (atelier_run_virtual_workers{${RUN}})`, legend: '{{state}}' },
    ),
    curves(
      {
        title: 'Reduction backlog',
        description: 'Nodes held in memory, each as large as a gradient.',
      },
      { expr: `sum(atelier_coordinator_reduction_backlog_nodes{${RUN}})`, legend: 'nodes' },
    ),
  ];
}

function faults() {
  return [
    curves(
      {
        title: 'Messages refused by reason',
        description:
          'unknown-session, wrong-incarnation and stopping belong to restarts; stale and duplicate nodes to second copies. The others are faults of a worker, its version or its network.',
        asBars: true,
        width: 12,
      },
      {
        expr: `sum by (reason) (increase(atelier_coordinator_refused_messages_total{${RUN}}[$__rate_interval]))`,
        legend: '{{reason}}',
      },
    ),
    curves(
      {
        title: 'Second copies and leases lost',
        description: 'Work that was handed out again: its worker was late, or lost.',
        asBars: true,
        width: 12,
      },
      {
        expr: `sum(increase(atelier_coordinator_second_copies_total{${RUN}}[$__rate_interval]))`,
        legend: 'second copies',
      },
      {
        expr: `sum(increase(atelier_coordinator_lost_leases_total{${RUN}}[$__rate_interval]))`,
        legend: 'leases lost',
      },
    ),
  ];
}

function coordinator() {
  const own = (title: string, description: string, unit: string, expr: string) =>
    curves({ title, description, unit, width: 8 }, { expr, legend: '{{instance}}' });
  return [
    own(
      'Event-loop lag',
      '99th percentile. It receives, adds and optimizes on one thread: when this climbs, it is the bottleneck.',
      's',
      `nodejs_eventloop_lag_p99_seconds{${RUN}}`,
    ),
    own('Memory', 'Resident.', 'bytes', `process_resident_memory_bytes{${RUN}}`),
    own('CPU', 'Cores in use.', 'short', rate(`process_cpu_seconds_total{${RUN}}`)),
  ];
}
