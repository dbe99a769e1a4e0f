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
      description: 'Whether the run is healthy, how far it is and when it will be done.',
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
        description: 'What the run is doing. waiting: it waits for workers.',
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
        description:
          'Firing alerts of all runs that this Prometheus watches. docs/alerts.md says what to do about each.',
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
        description: 'Share of the shown time that was spent on gradients that were used.',
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
        description: 'Steps in the shown time whose loss or gradient was NaN or infinite.',
        limits: { from: [[1, 'red']] },
        decimals: 0,
      },
      { expr: `sum(increase(atelier_run_non_finite_total{${RUN}}[$__range]))`, legend: 'not finite' },
    ),
    stat(
      { title: 'Model', description: 'The model that the run trains.', width: 6, names: {} },
      { expr: `atelier_run_info{${RUN}}`, legend: '{{model}}' },
    ),
  ];
}

function progress() {
  return [
    stat(
      {
        title: 'Progress',
        description: 'Share of all steps that are committed.',
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
        description: 'Estimate from the speed of the last steps.',
        unit: 's',
        decimals: 0,
        width: 4,
        words: { 0: 'text –' },
      },
      { expr: `max(atelier_run_remaining_seconds{${RUN}})`, legend: 'left' },
    ),
    stat(
      {
        title: 'Step',
        description: 'Committed steps. Each step is one optimizer update of one parameter group.',
        width: 4,
      },
      { expr: `max(atelier_run_step{${RUN}})`, legend: 'step' },
    ),
    stat(
      {
        title: 'Iteration',
        description: 'Completed iterations. An iteration runs the list of phases once.',
        width: 4,
      },
      { expr: `max(atelier_run_iteration{${RUN}})`, legend: 'iteration' },
    ),
    stat(
      {
        title: 'Epochs',
        description: 'Epochs of each data set, completed since the coordinator started.',
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
        description: 'Examples in committed steps.',
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
          'Losses of committed steps. A discriminator loss that stays near 0 no longer teaches the generator.',
      },
      { expr: `max by (phase, loss) (atelier_run_loss{${RUN}})`, legend: '{{phase}} {{loss}}' },
    ),
    curves(
      {
        title: 'Gradient norms',
        description: 'L2 norm of the mean gradient. It often climbs before values become NaN or infinite.',
        isLogarithmic: true,
      },
      { expr: `max by (group) (atelier_run_gradient_norm{${RUN}})`, legend: '{{group}}' },
    ),
    curves(
      {
        title: 'Learning rates',
        description: 'Learning rate of committed steps, after the schedule.',
        isLogarithmic: true,
        width: 8,
      },
      { expr: `max by (group) (atelier_run_learning_rate{${RUN}})`, legend: '{{group}}' },
    ),
    curves(
      { title: 'Images per second', description: 'Examples in committed steps.', width: 8 },
      { expr: `sum(${rate(`atelier_run_images_total{${RUN}}`)})`, legend: 'images/s' },
    ),
    curves(
      { title: 'Steps per second', description: 'Committed steps per second, by phase.', width: 8 },
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
        description: 'Iteration of the newest evaluated checkpoint. Empty if evaluate.everyIterations is 0.',
        width: 4,
        noValue: 'not evaluated',
      },
      { expr: `max(atelier_evaluation_iteration{${RUN}})`, legend: 'iteration' },
    ),
    stat(
      {
        title: 'Bars met',
        description: 'Bars of docs/metrics.md that the newest evaluation meets.',
        width: 4,
        noValue: '–',
      },
      { expr: `max(atelier_evaluation_bars_met{${RUN}})`, legend: 'met' },
      { expr: `count(atelier_evaluation_bar{${RUN}})`, legend: 'of' },
    ),
    stat(
      {
        title: 'Shortfall',
        description: 'How far the newest evaluation is from the bars that it misses, as a share of each bar.',
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
          'Iteration of the checkpoint with the smallest shortfall. It is kept in the folder best.',
        width: 4,
        noValue: '–',
      },
      { expr: `max(atelier_evaluation_best_iteration{${RUN}})`, legend: 'iteration' },
    ),
    stat(
      {
        title: 'Shortfall of the best',
        description: 'Shortfall of the best checkpoint. 0 if it meets all bars.',
        width: 4,
        decimals: 3,
        noValue: '–',
      },
      { expr: `max(atelier_evaluation_best_shortfall{${RUN}})`, legend: 'shortfall' },
    ),
    stat(
      {
        title: 'Evaluations',
        description: 'Evaluations reported since the coordinator started.',
        width: 4,
      },
      { expr: `max(atelier_evaluation_completed_total{${RUN}})`, legend: 'evaluations' },
    ),
    curves(
      {
        title: 'Better when high',
        description:
          'Metrics of the evaluated checkpoints: shares and diversity. A value should be above its bar.',
      },
      { expr: value(BETTER_HIGH, true), legend: '{{metric}}' },
      { expr: bar('at least'), legend: '{{metric}} bar' },
    ),
    curves(
      {
        title: 'Better when low',
        description:
          'Distances to the style, and how much of its layout was copied. A value should be below its bar.',
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
          'All wall time of the run. compute: used gradients. recompute: work that was lost with a worker or a coordinator. wait: for the slowest worker. idle: paused, or without workers.',
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
      {
        title: 'Workers',
        description: 'Workers that the coordinator knows, by state.',
        stack: 'normal',
        width: 6,
      },
      { expr: `sum by (state) (atelier_coordinator_workers{${RUN}})`, legend: '{{state}}' },
    ),
    curves(
      {
        title: 'Workers that came and went',
        description: 'A lost worker died, was cut off or was expelled. The run continues without it.',
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
        description: 'Alerts over time, of all runs that this Prometheus watches.',
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
          'Unsettled: the time of assigned blocks, which is counted when their outcome is known. Down: the time before this coordinator started.',
        unit: 's',
        width: 8,
      },
      { expr: `max(atelier_run_goodput_unsettled_seconds{${RUN}})`, legend: 'unsettled' },
      { expr: `max(atelier_run_down_seconds{${RUN}})`, legend: 'down' },
    ),
  ];
}
