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
        'From a gradient to new parameters: where a step spends its time, and what fails on the way.',
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
        {
          title: `Step time ${query.legend}`,
          description: 'Time from one commit to the next.',
          unit: 's',
          width: 4,
        },
        query,
      ),
    ),
    stat(
      {
        title: 'Backlog',
        description: 'Nodes of the reduction tree that wait for their sibling node.',
        width: 4,
      },
      { expr: `sum(atelier_coordinator_reduction_backlog_nodes{${RUN}})`, legend: 'nodes' },
    ),
    stat(
      {
        title: 'Second copies',
        description: 'Blocks that were computed twice in the shown time, because the first worker was late.',
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
        description: 'Blocks that were assigned again in the shown time, because their worker was lost.',
        decimals: 0,
        width: 4,
        limits: { from: [[10, 'yellow']] },
      },
      { expr: `sum(increase(atelier_coordinator_lost_leases_total{${RUN}}[$__range]))`, legend: 'leases' },
    ),
    stat(
      {
        title: 'Messages refused',
        description: 'Messages that were refused in the shown time, for any reason.',
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
          'Mean time of the parts of a step. Compute is the time of its slowest node. Transfer is the time of sending bytes. Wait is the time until the last node arrives. Reduce and optimize are the work of the coordinator.',
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
        description: 'Time from one commit to the next, by phase.',
        unit: 's',
      },
      ...quantiles(STEP_BUCKETS, ['phase'], (quantile) => `{{phase}} ${quantile}`),
    ),
    curves(
      {
        title: 'Reduce and optimize',
        description: 'Time that the coordinator itself adds to a step: median and 95th percentile.',
        unit: 's',
      },
      ...quantiles(
        rate(`atelier_run_step_part_seconds_bucket{${RUN}, part=~"reduce|optimize"}`),
        ['part'],
        (quantile) => `{{part}} ${quantile}`,
      ),
    ),
    curves(
      { title: 'Slow parts', description: '95th percentile of the time of each part.', unit: 's' },
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
        description: 'Bytes that the coordinator received: gradients, initial values, samples.',
        unit: 'Bps',
      },
      byTransport('atelier_coordinator_received_bytes_total'),
    ),
    curves(
      {
        title: 'Sent',
        description: 'Bytes that the coordinator sent: parameters, averages, statistics.',
        unit: 'Bps',
      },
      byTransport('atelier_coordinator_sent_bytes_total'),
    ),
    curves(
      {
        title: 'Virtual workers of the current step',
        description: 'Virtual workers of this step by state: waiting for a worker, computed by one, reduced.',
        stack: 'normal',
        colors: { waiting: 'yellow', held: 'blue', reduced: 'green' },
      },
      { expr: `sum by (state) (atelier_run_virtual_workers{${RUN}})`, legend: '{{state}}' },
    ),
    curves(
      {
        title: 'Reduction backlog',
        description: 'Nodes in memory. Each is as large as a gradient.',
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
          'unknown-session, wrong-incarnation and stopping follow a restart. stale and duplicate follow work that was assigned twice. All others are faults of a worker, its version or its network.',
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
        description: 'Work that was assigned again, because its worker was late or lost.',
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
      '99th percentile of the event-loop lag. The coordinator receives, adds and optimizes on one thread. If this value climbs, the coordinator is the bottleneck.',
      's',
      `nodejs_eventloop_lag_p99_seconds{${RUN}}`,
    ),
    own('Memory', 'Resident.', 'bytes', `process_resident_memory_bytes{${RUN}}`),
    own('CPU', 'Processor cores in use.', 'short', rate(`process_cpu_seconds_total{${RUN}}`)),
  ];
}
