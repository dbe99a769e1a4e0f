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

/** From a millisecond to a minute. */
const STEP_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;
const CHECKPOINT_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

/** Served by the coordinator. */
export const coordinatorMetrics = {
  atelier_run_info: {
    type: 'gauge',
    help: '1; the labels say which run it is.',
    labels: ['run', 'run_id', 'model'],
  },
  atelier_run_state: {
    type: 'gauge',
    help: '1 for the state the run is in, 0 for the others.',
    labels: ['state'],
  },
  atelier_run_step: { type: 'gauge', help: 'Committed steps.' },
  atelier_run_target_steps: { type: 'gauge', help: 'Steps that the config asks for; 0 while unknown.' },
  atelier_run_iteration: { type: 'gauge', help: 'Completed GAN iterations.' },
  atelier_run_remaining_seconds: { type: 'gauge', help: 'Estimated until the end; 0 while unknown.' },
  atelier_run_committed_steps_total: {
    type: 'counter',
    help: 'Steps committed in this life of the coordinator.',
    labels: ['phase'],
  },
  atelier_run_images_total: {
    type: 'counter',
    help: 'Examples of the committed steps: virtual workers x batch.',
  },
  atelier_run_loss: { type: 'gauge', help: 'Of the last committed step.', labels: ['phase', 'loss'] },
  atelier_run_gradient_norm: {
    type: 'gauge',
    help: 'L2 norm of the mean gradient of the last committed step.',
    labels: ['group'],
  },
  atelier_run_learning_rate: {
    type: 'gauge',
    help: 'Of the last committed step.',
    labels: ['group'],
  },
  atelier_run_completed_epochs_total: {
    type: 'counter',
    help: 'Epochs completed in this life of the coordinator.',
    labels: ['domain'],
  },
  atelier_run_non_finite_total: { type: 'counter', help: 'Steps not committed for a non-finite value.' },
  atelier_run_step_seconds: {
    type: 'histogram',
    help: 'From commit to commit.',
    labels: ['phase'],
    buckets: STEP_BUCKETS,
  },
  atelier_run_step_part_seconds: {
    type: 'histogram',
    help: 'Of a step, along the node that came last: wait, compute, transfer; and reduce, optimize.',
    labels: ['part'],
    buckets: STEP_BUCKETS,
  },
  atelier_run_goodput_seconds_total: {
    type: 'counter',
    help: 'Wall time by what it was spent on: compute, transfer, wait, recompute, checkpoint, idle; with the unsettled, all of it.',
    labels: ['state'],
  },
  atelier_run_goodput_unsettled_seconds: {
    type: 'gauge',
    help: 'Wall time of the blocks in hand: counted by state once it is known what became of them.',
  },
  atelier_run_down_seconds: {
    type: 'gauge',
    help: 'From the last line of the journal until this life of the coordinator began; in no goodput.',
  },
  atelier_run_virtual_workers: {
    type: 'gauge',
    help: 'Of the step at hand: waiting for a worker, held by one, reduced.',
    labels: ['state'],
  },
  atelier_coordinator_workers: {
    type: 'gauge',
    help: 'Workers: joining, active, draining.',
    labels: ['state'],
  },
  atelier_coordinator_worker_speed_virtual_workers_per_second: {
    type: 'gauge',
    help: 'As measured for the assignment of work.',
    labels: ['worker'],
  },
  atelier_coordinator_joined_workers_total: { type: 'counter', help: 'Workers let in.' },
  atelier_coordinator_drained_workers_total: { type: 'counter', help: 'Workers that left in peace.' },
  atelier_coordinator_lost_workers_total: {
    type: 'counter',
    help: 'Workers lost: dead, cut off, or expelled.',
  },
  atelier_coordinator_lost_leases_total: { type: 'counter', help: 'Assignments that a lost worker held.' },
  atelier_coordinator_second_copies_total: {
    type: 'counter',
    help: 'Blocks given to another worker because the first was late.',
  },
  atelier_coordinator_refused_messages_total: {
    type: 'counter',
    help: 'Messages refused or ignored, by reason.',
    labels: ['reason'],
  },
  atelier_coordinator_reduction_backlog_nodes: {
    type: 'gauge',
    help: 'Sums that wait for their sibling.',
  },
  atelier_coordinator_received_bytes_total: {
    type: 'counter',
    help: 'Payload received: node, initial, sample; by memory (of processes of one machine) or grpc.',
    labels: ['kind', 'transport'],
  },
  atelier_coordinator_sent_bytes_total: {
    type: 'counter',
    help: 'Payload sent: parameters, difference (of parameters, wire: bf16), ema, statistics; by memory or grpc.',
    labels: ['kind', 'transport'],
  },
  atelier_checkpoint_save_seconds: {
    type: 'histogram',
    help: 'From the snapshot until it is durable.',
    buckets: CHECKPOINT_BUCKETS,
  },
  atelier_checkpoint_size_bytes: {
    type: 'gauge',
    help: 'Of the newest checkpoint of this life. Absent before it.',
  },
  atelier_checkpoint_step: { type: 'gauge', help: 'Of the newest durable checkpoint; -1 for none.' },
  atelier_checkpoint_saved_timestamp_seconds: {
    type: 'gauge',
    help: 'When the newest checkpoint of this life became durable, in Unix time; its age is time() minus this. Absent before it.',
  },
  atelier_checkpoint_failures_total: { type: 'counter', help: 'Checkpoints that could not be saved.' },
  atelier_checkpoint_damaged_total: { type: 'counter', help: 'Checkpoints found damaged.' },
  atelier_evaluation_value: {
    type: 'gauge',
    help: 'Of the newest evaluation, by metric (docs/metrics.md). Absent before it, as all of these but the total.',
    labels: ['metric'],
  },
  atelier_evaluation_bar: {
    type: 'gauge',
    help: 'What the value must reach.',
    labels: ['metric', 'wanted'],
  },
  atelier_evaluation_bars_met: { type: 'gauge', help: 'Bars that the newest evaluation meets.' },
  atelier_evaluation_shortfall: {
    type: 'gauge',
    help: 'How far the newest evaluation is from the bars it misses; 0: none is missed.',
  },
  atelier_evaluation_iteration: { type: 'gauge', help: 'Of the newest evaluated checkpoint.' },
  atelier_evaluation_best_shortfall: { type: 'gauge', help: 'Of the best evaluation.' },
  atelier_evaluation_best_iteration: { type: 'gauge', help: 'Of the best checkpoint, kept in best/.' },
  atelier_evaluation_completed_total: {
    type: 'counter',
    help: 'Evaluations that this life of the coordinator was told.',
  },
  atelier_events_recorded_total: { type: 'counter', help: 'Events of the run.', labels: ['type'] },
  atelier_events_delivered_total: { type: 'counter', help: 'Events that the server has acknowledged.' },
  atelier_events_undelivered_total: {
    type: 'counter',
    help: 'Events given up because too many waited, or one was too large; they stand in events.jsonl.',
  },
  atelier_events_spool_depth: { type: 'gauge', help: 'Events that wait for the server.' },
  atelier_events_connected: {
    type: 'gauge',
    help: '1 while the event server is reached. Absent without one.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** Served by a reducer process; a run with `reducers: 1` has none. */
export const reducerMetrics = {
  atelier_reducer_info: {
    type: 'gauge',
    help: '1; the labels say which slice of which run it holds.',
    labels: ['reducer', 'slice', 'run_id'],
  },
  atelier_reducer_step: { type: 'gauge', help: 'Committed steps of its slice.', labels: ['reducer'] },
  atelier_reducer_backlog_nodes: {
    type: 'gauge',
    help: 'Sums that wait for their sibling.',
    labels: ['reducer'],
  },
  atelier_reducer_received_bytes_total: {
    type: 'counter',
    help: 'Payload received of workers: node.',
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
  atelier_worker_info: { type: 'gauge', help: '1; the labels say who it is.', labels: ['worker', 'device'] },
  atelier_worker_connected: { type: 'gauge', help: '1 while a coordinator has let it in.' },
  atelier_worker_connections_total: { type: 'counter', help: 'Times that a coordinator let it in.' },
  atelier_worker_part_seconds_total: {
    type: 'counter',
    help: 'Time by part: compute, or else transfer (pull and push), or else data (reading batches), or else wait; adds up to all of it.',
    labels: ['part'],
  },
  atelier_worker_block_seconds: {
    type: 'histogram',
    help: 'Compute time of one virtual worker: the mean over a block.',
    labels: ['phase'],
    buckets: STEP_BUCKETS,
  },
  atelier_worker_virtual_workers_total: { type: 'counter', help: 'Virtual workers computed.' },
  atelier_worker_images_total: { type: 'counter', help: 'Examples computed.' },
  atelier_worker_sent_bytes_total: {
    type: 'counter',
    help: 'Payload pushed, by memory (to processes of the same machine) or grpc.',
    labels: ['transport'],
  },
  atelier_worker_received_bytes_total: {
    type: 'counter',
    help: 'Parameters pulled, by memory or grpc.',
    labels: ['transport'],
  },
  atelier_worker_pushes_total: {
    type: 'counter',
    help: 'Pushed nodes by what became of them: accepted, duplicate, stale, refused.',
    labels: ['status'],
  },
  atelier_worker_compiled_phases_total: {
    type: 'counter',
    help: 'Phases recorded into a graph (compiled), or run eagerly because they could not be (fallback).',
    labels: ['result'],
  },
  atelier_worker_tensors: { type: 'gauge', help: 'Tensors that are alive.' },
  atelier_worker_device_memory_bytes: { type: 'gauge', help: 'Held by tensors on the device.' },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
