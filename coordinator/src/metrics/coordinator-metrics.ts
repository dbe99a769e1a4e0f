import { type RunEvent, runEventBodySchema } from '@atelier/shared/events/run-event';
import type { CommittedEntry } from '@atelier/shared/journal/journal-entry';
import { createMetrics, type Metrics } from '@atelier/shared/metrics/create-metrics';
import { createRegistry } from '@atelier/shared/metrics/create-registry';
import { coordinatorMetrics } from '@atelier/shared/metrics/metric-catalog';
import type { Registry } from 'prom-client';
import { type StepParts, stepPartNames } from '../goodput/step-parts.ts';
import type { RunView } from '../operator/run-view.ts';
import { runCollectors } from './run-collectors.ts';

/**
 * A coordinator's metrics. What the run knows is asked for when somebody scrapes; only what a scrape would miss is
 * pushed: each step's times, each event.
 */
export class CoordinatorMetrics {
  readonly registry: Registry = createRegistry();
  readonly #metrics: Metrics<typeof coordinatorMetrics>;
  readonly #numImages: number;

  constructor({ run }: { readonly run: RunView }) {
    this.#metrics = createMetrics(coordinatorMetrics, this.registry, runCollectors(run));
    const { virtualWorkers, batchPerVirtualWorker } = run.config;
    this.#numImages = virtualWorkers * batchPerVirtualWorker;
    // Not known yet, which is not 0.
    this.#metrics.atelier_checkpoint_size_bytes.remove({});
    this.#metrics.atelier_checkpoint_saved_timestamp_seconds.remove({});
    // There before they count: a first count is no increase to Prometheus.
    for (const schema of runEventBodySchema.options) {
      this.#metrics.atelier_events_recorded_total.inc({ type: schema.unwrap().shape.type.value }, 0);
    }
    run.meter.listen({
      committed: (entry, parts) => this.#committed(entry, parts),
      saved: (seconds) => this.#metrics.atelier_checkpoint_save_seconds.observe(seconds),
    });
    run.events.subscribe((event) => this.#record(event));
  }

  #committed(entry: CommittedEntry, parts: StepParts): void {
    const { phase, group, losses, gradientNorm, learningRate, seconds } = entry;
    const metrics = this.#metrics;
    metrics.atelier_run_committed_steps_total.inc({ phase });
    metrics.atelier_run_images_total.inc(this.#numImages);
    for (const [loss, value] of Object.entries(losses)) metrics.atelier_run_loss.set({ phase, loss }, value);
    metrics.atelier_run_gradient_norm.set({ group }, gradientNorm);
    if (learningRate !== undefined) metrics.atelier_run_learning_rate.set({ group }, learningRate);
    metrics.atelier_run_step_seconds.observe({ phase }, seconds);
    for (const part of stepPartNames) metrics.atelier_run_step_part_seconds.observe({ part }, parts[part]);
  }

  #record(event: RunEvent): void {
    const metrics = this.#metrics;
    metrics.atelier_events_recorded_total.inc({ type: event.type });
    switch (event.type) {
      case 'epoch.completed':
        metrics.atelier_run_completed_epochs_total.inc({ domain: event.domain });
        break;
      case 'worker.joined':
        metrics.atelier_coordinator_joined_workers_total.inc();
        break;
      case 'worker.drained':
        metrics.atelier_coordinator_drained_workers_total.inc();
        break;
      case 'worker.lost':
        metrics.atelier_coordinator_lost_workers_total.inc();
        break;
      case 'evaluation.completed':
        metrics.atelier_evaluation_completed_total.inc();
        break;
      case 'checkpoint.saved':
        metrics.atelier_checkpoint_size_bytes.set(event.bytes);
        metrics.atelier_checkpoint_saved_timestamp_seconds.set(Date.now() / 1000);
        break;
      case 'checkpoint.failed':
        metrics.atelier_checkpoint_failures_total.inc();
        break;
      case 'checkpoint.damaged':
        metrics.atelier_checkpoint_damaged_total.inc();
        break;
      default:
    }
  }
}
