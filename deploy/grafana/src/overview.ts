import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { checkpointAge } from './checkpoint-age.ts';
import { dashboardOf } from './dashboard-frame.ts';
import { curves, GOOD_SHARE, stat, stateTimeline } from './panel-kinds.ts';
import { RUN, rate } from './promql.ts';

// Over 250 lines: one dashboard, panel after panel.

const GOODPUT = `atelier_run_goodput_seconds_total{${RUN}}`;
const ALERTS = 'ALERTS{alertname=~"Atelier.+", alertstate="firing"}';

/** Is the run all right, how far is it, when will it be done. */
export function overview(): Dashboard {
  return dashboardOf(
    {
      uid: 'atelier-overview',
      title: 'Atelier: run overview',
      description: 'Is the run all right, how far is it, when will it be done.',
    },
    [
      { panels: [...health(), ...progress()] },
      { title: 'Training', panels: training() },
      { title: 'Evaluation of the checkpoints', panels: evaluation() },
      { title: 'Time and workers', panels: timeAndWorkers() },
    ],
  );
}

function health() {
  return [
    stat(
      {
        title: 'State',
        description: 'What the run is doing. Waiting: for a first worker, or for enough of them.',
        names: {
          running: 'green',
          completed: 'green',
          waiting: 'yellow',
          paused: 'yellow',
          stopping: 'yellow',
          stopped: 'yellow',
          failed: 'red',
        },
      },
      { expr: `max by (state) (atelier_run_state{${RUN}}) == 1`, legend: '{{state}}' },
    ),
    stat(
      {
        title: 'Firing alerts',
        description: 'Of all runs that this Prometheus watches. What to do about each: docs/alerts.md.',
        limits: { from: [[1, 'red']] },
      },
      { expr: `count(${ALERTS}) or vector(0)`, legend: 'firing' },
    ),
    stat(
      {
        title: 'Active workers',
        description: 'Workers that take part in the current step.',
        limits: { below: 'red', from: [[1, 'green']] },
      },
      { expr: `sum(atelier_coordinator_workers{${RUN}, state="active"})`, legend: 'active' },
    ),
    stat(
      {
        title: 'Goodput',
        description: 'Share of the shown time in which gradients were computed that counted.',
        unit: 'percentunit',
        decimals: 0,
        limits: GOOD_SHARE,
      },
      {
        expr: `sum(increase(atelier_run_goodput_seconds_total{${RUN}, state="compute"}[$__range])) / sum(increase(${GOODPUT}[$__range]))`,
        legend: 'compute',
      },
    ),
    checkpointAge(),
    stat(
      {
        title: 'Steps not committed',
        description: 'In the shown time: a loss or gradient was not finite.',
        limits: { from: [[1, 'red']] },
        decimals: 0,
      },
      { expr: `sum(increase(atelier_run_non_finite_total{${RUN}}[$__range]))`, legend: 'not finite' },
    ),
    stat(
      { title: 'Model', description: 'What the run trains.', width: 6, names: {} },
      { expr: `atelier_run_info{${RUN}}`, legend: '{{model}}' },
    ),
  ];
}

function progress() {
  return [
    stat(
      {
        title: 'Progress',
        description: 'Committed of all steps.',
        unit: 'percentunit',
        decimals: 1,
        width: 4,
      },
      {
        expr: `max(atelier_run_step{${RUN}}) / (max(atelier_run_target_steps{${RUN}}) > 0)`,
        legend: 'progress',
      },
    ),
    stat(
      {
        title: 'Time left',
        description: 'At the speed of the last steps.',
        unit: 's',
        decimals: 0,
        width: 4,
        words: { 0: 'text –' },
      },
      { expr: `max(atelier_run_remaining_seconds{${RUN}})`, legend: 'left' },
    ),
    stat(
      { title: 'Step', description: 'Committed steps: optimizer updates of one group.', width: 4 },
      { expr: `max(atelier_run_step{${RUN}})`, legend: 'step' },
    ),
    stat(
      { title: 'Iteration', description: 'Completed rounds of all phases of the GAN.', width: 4 },
      { expr: `max(atelier_run_iteration{${RUN}})`, legend: 'iteration' },
    ),
    stat(
      {
        title: 'Epochs',
        description: 'Of each data set, completed since the coordinator started.',
        width: 4,
      },
      {
        expr: `max by (domain) (atelier_run_completed_epochs_total{${RUN}})`,
        legend: '{{domain}}',
      },
    ),
    stat(
      {
        title: 'Images/s',
        description: 'Examples of committed steps.',
        unit: 'short',
        decimals: 1,
        width: 4,
      },
      { expr: `sum(${rate(`atelier_run_images_total{${RUN}}`)})`, legend: 'images/s' },
    ),
  ];
}

function training() {
  return [
    curves(
      {
        title: 'Losses',
        description:
          'Of committed steps. What matters of a GAN is that no side wins for good: a discriminator loss that stays at nothing has stopped teaching.',
      },
      { expr: `max by (phase, loss) (atelier_run_loss{${RUN}})`, legend: '{{phase}} {{loss}}' },
    ),
    curves(
      {
        title: 'Gradient norms',
        description: 'L2 norm of the mean gradient. A steady climb comes before values that are not finite.',
        isLogarithmic: true,
      },
      { expr: `max by (group) (atelier_run_gradient_norm{${RUN}})`, legend: '{{group}}' },
    ),
    curves(
      {
        title: 'Learning rates',
        description: 'Of committed steps, as the schedules of the optimizers have them.',
        isLogarithmic: true,
        width: 8,
      },
      { expr: `max by (group) (atelier_run_learning_rate{${RUN}})`, legend: '{{group}}' },
    ),
    curves(
      { title: 'Images per second', description: 'Examples of committed steps.', width: 8 },
      { expr: `sum(${rate(`atelier_run_images_total{${RUN}}`)})`, legend: 'images/s' },
    ),
    curves(
      { title: 'Steps per second', description: 'Commits by phase.', width: 8 },
      { expr: `sum by (phase) (${rate(`atelier_run_committed_steps_total{${RUN}}`)})`, legend: '{{phase}}' },
    ),
  ];
}

const BETTER_HIGH = 'judge|top1Swd|top1Gram|diversity';

function evaluation() {
  const value = (metrics: string, isHigh: boolean) =>
    `max by (metric) (atelier_evaluation_value{${RUN}, metric${isHigh ? '=~' : '!~'}"${metrics}"})`;
  const bar = (wanted: string) => `max by (metric) (atelier_evaluation_bar{${RUN}, wanted="${wanted}"})`;
  return [
    stat(
      {
        title: 'Evaluated',
        description:
          'Iteration of the newest checkpoint that was measured. Nothing without evaluate.everyIterations.',
        width: 4,
        noValue: 'not evaluated',
      },
      { expr: `max(atelier_evaluation_iteration{${RUN}})`, legend: 'iteration' },
    ),
    stat(
      {
        title: 'Bars met',
        description: 'By the newest evaluation, of those that docs/metrics.md sets.',
        width: 4,
        noValue: '–',
      },
      { expr: `max(atelier_evaluation_bars_met{${RUN}})`, legend: 'met' },
      { expr: `count(atelier_evaluation_bar{${RUN}})`, legend: 'of' },
    ),
    stat(
      {
        title: 'Shortfall',
        description: 'How far the newest evaluation is from the bars it misses, in proportion to each.',
        width: 4,
        decimals: 3,
        noValue: '–',
      },
      { expr: `max(atelier_evaluation_shortfall{${RUN}})`, legend: 'shortfall' },
    ),
    stat(
      {
        title: 'Best checkpoint',
        description:
          'The iteration with the smallest shortfall. It is kept in best/, whatever comes after it.',
        width: 4,
        noValue: '–',
      },
      { expr: `max(atelier_evaluation_best_iteration{${RUN}})`, legend: 'iteration' },
    ),
    stat(
      {
        title: 'Shortfall of the best',
        description: 'Of the best checkpoint; 0: it meets all bars.',
        width: 4,
        decimals: 3,
        noValue: '–',
      },
      { expr: `max(atelier_evaluation_best_shortfall{${RUN}})`, legend: 'shortfall' },
    ),
    stat(
      {
        title: 'Evaluations',
        description: 'Told to the coordinator since it started.',
        width: 4,
      },
      { expr: `max(atelier_evaluation_completed_total{${RUN}})`, legend: 'evaluations' },
    ),
    curves(
      {
        title: 'Better when high',
        description:
          'What is measured of the checkpoints: shares and diversity. A bar is the line to be above.',
      },
      { expr: value(BETTER_HIGH, true), legend: '{{metric}}' },
      { expr: bar('at least'), legend: '{{metric}} bar' },
    ),
    curves(
      {
        title: 'Better when low',
        description:
          'Distances to the style, and how much of its layout was pasted. A bar is the line to be below.',
      },
      { expr: value(BETTER_HIGH, false), legend: '{{metric}}' },
      { expr: bar('at most'), legend: '{{metric}} bar' },
    ),
  ];
}

function timeAndWorkers() {
  return [
    curves(
      {
        title: 'Goodput: where the time went',
        description:
          'All wall time of the run. Compute is what it is for; recompute was lost with a worker or a coordinator; wait is for the slowest; idle is paused or without workers.',
        unit: 'percentunit',
        stack: 'percent',
        colors: {
          compute: 'green',
          transfer: 'blue',
          wait: 'yellow',
          recompute: 'red',
          checkpoint: 'purple',
          idle: 'gray',
        },
      },
      { expr: `sum by (state) (${rate(GOODPUT)})`, legend: '{{state}}' },
    ),
    curves(
      { title: 'Workers', description: 'Known to the coordinator, by state.', stack: 'normal', width: 6 },
      { expr: `sum by (state) (atelier_coordinator_workers{${RUN}})`, legend: '{{state}}' },
    ),
    curves(
      {
        title: 'Workers that came and went',
        description: 'Lost ones died, were cut off or were expelled; the run goes on without them.',
        asBars: true,
        width: 6,
      },
      ...['joined', 'drained', 'lost'].map((what) => ({
        expr: `sum(increase(atelier_coordinator_${what}_workers_total{${RUN}}[$__rate_interval]))`,
        legend: what,
      })),
    ),
    stateTimeline(
      {
        title: 'Alerts',
        description: 'Which fired when, of all runs that this Prometheus watches.',
        words: { 0: 'green none', 1: 'red firing' },
        width: 16,
      },
      {
        expr: `count by (alertname) (${ALERTS}) > bool 0 or on () label_replace(vector(0), "alertname", "none", "", "")`,
        legend: '{{alertname}}',
      },
    ),
    curves(
      {
        title: 'Time outside the split',
        description:
          'Unsettled: blocks in hand, counted once it is known what becomes of them. Down: before this life of the coordinator began.',
        unit: 's',
        width: 8,
      },
      { expr: `max(atelier_run_goodput_unsettled_seconds{${RUN}})`, legend: 'unsettled' },
      { expr: `max(atelier_run_down_seconds{${RUN}})`, legend: 'down' },
    ),
  ];
}
