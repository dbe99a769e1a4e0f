/**
 * Every metric that Atelier's processes serve, in one table: the processes create theirs from it, the dashboards and the
 * alert rules are checked against it, and the reference in the docs is generated from it. Units are seconds and bytes.
 */
export type MetricDefinition = {
  readonly help: string;
  readonly labels?: readonly string[];
} & (
  | { readonly type: 'counter' | 'gauge' }
  | { readonly type: 'histogram'; readonly buckets: readonly number[] }
);

// Over 250 lines: one table, an entry for each metric.

/** From a millisecond to a minute. */
const STEP_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;
const CHECKPOINT_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

/** Served by the coordinator. */
export const coordinatorMetrics = {
  atelier_run_info: {
    type: 'gauge',
    help: 'Always 1. The labels say which run it is.',
    labels: ['run', 'run_id', 'model'],
  },
  atelier_run_state: {
    type: 'gauge',
    help: '1 for the state the run is in, 0 for the others.',
    labels: ['state'],
  },
  atelier_run_step: { type: 'gauge', help: 'Number of committed steps.' },
  atelier_run_target_steps: {
    type: 'gauge',
    help: 'Number of steps that the config asks for. 0 while it is unknown.',
  },
  atelier_run_iteration: { type: 'gauge', help: 'Number of completed GAN iterations.' },
  atelier_run_remaining_seconds: {
    type: 'gauge',
    help: 'Estimated time until the run ends. 0 while it is unknown.',
  },
  atelier_run_committed_steps_total: {
    type: 'counter',
    help: 'Steps committed in this life of the coordinator.',
    labels: ['phase'],
  },
  atelier_run_images_total: {
    type: 'counter',
    help: 'Examples in committed steps: virtual workers x batch.',
  },
  atelier_run_loss: { type: 'gauge', help: 'Loss of the last committed step.', labels: ['phase', 'loss'] },
  atelier_run_gradient_norm: {
    type: 'gauge',
    help: 'L2 norm of the mean gradient of the last committed step.',
    labels: ['group'],
  },
  atelier_run_learning_rate: {
    type: 'gauge',
    help: 'Learning rate of the last committed step.',
    labels: ['group'],
  },
  atelier_run_completed_epochs_total: {
    type: 'counter',
    help: 'Epochs completed in this life of the coordinator.',
    labels: ['domain'],
  },
  atelier_run_non_finite_total: {
    type: 'counter',
    help: 'Steps that were not committed because a value was not finite.',
  },
  atelier_run_step_seconds: {
    type: 'histogram',
    help: 'Time from one commit to the next.',
    labels: ['phase'],
    buckets: STEP_BUCKETS,
  },
  atelier_run_step_part_seconds: {
    type: 'histogram',
    help: 'Time of each part of a step: wait, compute and transfer of the node that arrived last, then reduce and optimize.',
    labels: ['part'],
    buckets: STEP_BUCKETS,
  },
  atelier_run_goodput_seconds_total: {
    type: 'counter',
    help: 'Wall time by what it was spent on: compute, transfer, wait, recompute, checkpoint, idle. With the unsettled time it adds up to all of the time.',
    labels: ['state'],
  },
  atelier_run_goodput_unsettled_seconds: {
    type: 'gauge',
    help: 'Wall time of the blocks that workers hold now. It is counted by state when it is known what became of them.',
  },
  atelier_run_down_seconds: {
    type: 'gauge',
    help: 'Time from the last line of the journal to the start of this life of the coordinator. It is in no state of the goodput.',
  },
  atelier_run_virtual_workers: {
    type: 'gauge',
    help: 'Virtual workers of the current step by state: waiting for a worker, held by one, reduced.',
    labels: ['state'],
  },
  atelier_coordinator_workers: {
    type: 'gauge',
    help: 'Workers by state: joining, active, draining.',
    labels: ['state'],
  },
  atelier_coordinator_worker_speed_virtual_workers_per_second: {
    type: 'gauge',
    help: 'Measured speed of a worker, by which work is assigned.',
    labels: ['worker'],
  },
  atelier_coordinator_joined_workers_total: { type: 'counter', help: 'Workers that were let in.' },
  atelier_coordinator_drained_workers_total: {
    type: 'counter',
    help: 'Workers that finished what they held and left.',
  },
  atelier_coordinator_lost_workers_total: {
    type: 'counter',
    help: 'Workers that were lost: dead, cut off, or expelled.',
  },
  atelier_coordinator_lost_leases_total: {
    type: 'counter',
    help: 'Blocks that a worker held when it was lost.',
  },
  atelier_coordinator_second_copies_total: {
    type: 'counter',
    help: 'Blocks that were given to another worker, too, because the first was late.',
  },
  atelier_coordinator_refused_messages_total: {
    type: 'counter',
    help: 'Messages that were refused or ignored, by reason.',
    labels: ['reason'],
  },
  atelier_coordinator_reduction_backlog_nodes: {
    type: 'gauge',
    help: 'Sums that wait for their sibling in the reduction tree.',
  },
  atelier_coordinator_received_bytes_total: {
    type: 'counter',
    help: 'Payload received, by kind (node, initial, sample) and by transport (memory: from processes of the same machine; grpc).',
    labels: ['kind', 'transport'],
  },
  atelier_coordinator_sent_bytes_total: {
    type: 'counter',
    help: 'Payload sent, by kind (parameters; difference of parameters, with wire: bf16; ema; statistics) and by transport (memory, grpc).',
    labels: ['kind', 'transport'],
  },
  atelier_checkpoint_save_seconds: {
    type: 'histogram',
    help: 'Time from the snapshot until the checkpoint is durable.',
    buckets: CHECKPOINT_BUCKETS,
  },
  atelier_checkpoint_size_bytes: {
    type: 'gauge',
    help: 'Size of the newest checkpoint of this life of the coordinator. Absent before the first one.',
  },
  atelier_checkpoint_step: {
    type: 'gauge',
    help: 'Step of the newest durable checkpoint. -1 if there is none.',
  },
  atelier_checkpoint_saved_timestamp_seconds: {
    type: 'gauge',
    help: 'Unix time when the newest checkpoint of this life became durable. Its age is time() minus this. Absent before the first one.',
  },
  atelier_checkpoint_failures_total: { type: 'counter', help: 'Checkpoints that could not be saved.' },
  atelier_checkpoint_damaged_total: { type: 'counter', help: 'Checkpoints that were found damaged.' },
  atelier_evaluation_value: {
    type: 'gauge',
    help: 'Value of a metric in the newest evaluation (docs/metrics.md). Before the first evaluation, all metrics of evaluation are absent except the total.',
    labels: ['metric'],
  },
  atelier_evaluation_bar: {
    type: 'gauge',
    help: 'Bar that the value of the metric must reach.',
    labels: ['metric', 'wanted'],
  },
  atelier_evaluation_bars_met: { type: 'gauge', help: 'Number of bars that the newest evaluation meets.' },
  atelier_evaluation_shortfall: {
    type: 'gauge',
    help: 'How far the newest evaluation is from the bars that it misses. 0 if it misses none.',
  },
  atelier_evaluation_iteration: { type: 'gauge', help: 'Iteration of the newest evaluated checkpoint.' },
  atelier_evaluation_best_shortfall: { type: 'gauge', help: 'Shortfall of the best evaluation.' },
  atelier_evaluation_best_iteration: {
    type: 'gauge',
    help: 'Iteration of the best checkpoint, which is kept in best/.',
  },
  atelier_evaluation_completed_total: {
    type: 'counter',
    help: 'Evaluations that were reported to this life of the coordinator.',
  },
  atelier_events_recorded_total: { type: 'counter', help: 'Events of the run, by type.', labels: ['type'] },
  atelier_events_delivered_total: { type: 'counter', help: 'Events that the server has acknowledged.' },
  atelier_events_undelivered_total: {
    type: 'counter',
    help: 'Events that were given up because too many waited, or because one was too large. They are in events.jsonl.',
  },
  atelier_events_spool_depth: { type: 'gauge', help: 'Events that wait for the server.' },
  atelier_events_connected: {
    type: 'gauge',
    help: '1 while the event server can be reached, else 0. Absent without an event server.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** Served by a reducer process; a run with `reducers: 1` has none. */
export const reducerMetrics = {
  atelier_reducer_info: {
    type: 'gauge',
    help: 'Always 1. The labels say which slice of which run it holds.',
    labels: ['reducer', 'slice', 'run_id'],
  },
  atelier_reducer_step: {
    type: 'gauge',
    help: 'Number of committed steps of its slice.',
    labels: ['reducer'],
  },
  atelier_reducer_backlog_nodes: {
    type: 'gauge',
    help: 'Sums that wait for their sibling in the reduction tree.',
    labels: ['reducer'],
  },
  atelier_reducer_received_bytes_total: {
    type: 'counter',
    help: 'Payload received from workers: node.',
    labels: ['reducer', 'kind', 'transport'],
  },
  atelier_reducer_sent_bytes_total: {
    type: 'counter',
    help: 'Payload sent to workers: parameters, difference.',
    labels: ['reducer', 'kind', 'transport'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** Served by each worker. */
export const workerMetrics = {
  atelier_worker_info: {
    type: 'gauge',
    help: 'Always 1. The labels say which worker it is.',
    labels: ['worker', 'device'],
  },
  atelier_worker_connected: { type: 'gauge', help: '1 while a coordinator has let it in, else 0.' },
  atelier_worker_connections_total: { type: 'counter', help: 'How often a coordinator let it in.' },
  atelier_worker_part_seconds_total: {
    type: 'counter',
    help: 'Time by part: compute, transfer (pull and push), data (reading batches) or wait. If several happen at once, the first of these counts, so the parts add up to all of the time.',
    labels: ['part'],
  },
  atelier_worker_block_seconds: {
    type: 'histogram',
    help: 'Compute time of a virtual worker, as the mean over its block.',
    labels: ['phase'],
    buckets: STEP_BUCKETS,
  },
  atelier_worker_virtual_workers_total: { type: 'counter', help: 'Virtual workers that it computed.' },
  atelier_worker_images_total: { type: 'counter', help: 'Examples that it computed with.' },
  atelier_worker_sent_bytes_total: {
    type: 'counter',
    help: 'Payload pushed, by transport (memory: to processes of the same machine; grpc).',
    labels: ['transport'],
  },
  atelier_worker_received_bytes_total: {
    type: 'counter',
    help: 'Parameters pulled, by transport (memory, grpc).',
    labels: ['transport'],
  },
  atelier_worker_pushes_total: {
    type: 'counter',
    help: 'Pushed nodes by the answer: accepted, duplicate, stale, refused.',
    labels: ['status'],
  },
  atelier_worker_compiled_phases_total: {
    type: 'counter',
    help: 'Phases that were recorded into a graph (compiled), or that run op by op because they could not be recorded (fallback).',
    labels: ['result'],
  },
  atelier_worker_tensors: { type: 'gauge', help: 'Number of tensors that are alive.' },
  atelier_worker_device_memory_bytes: { type: 'gauge', help: 'Memory that tensors hold on the device.' },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
