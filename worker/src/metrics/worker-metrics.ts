import { type Transport, transports } from '@atelier/shared/memory/transport';
import { createMetrics, type Metrics, setTotals } from '@atelier/shared/metrics/create-metrics';
import { createRegistry } from '@atelier/shared/metrics/create-registry';
import { workerMetrics } from '@atelier/shared/metrics/metric-catalog';
import type { Registry } from 'prom-client';
import type { EngineState } from '../phases/engine-state.ts';
import { PartClock, type WorkingPart } from './part-clock.ts';

const pushStatuses = ['accepted', 'duplicate', 'stale', 'refused'] as const;

export interface ComputedBlock {
  readonly phase: string;
  readonly numVirtualWorkers: number;
  readonly numImages: number;
  readonly seconds: number;
}

export interface WorkerMetricsModules {
  /** Whether a coordinator has let this worker in. */
  readonly isIn: () => boolean;
  /** What is in the engine now; undefined before it is loaded. */
  readonly engine: () => EngineState | undefined;
}

/** A worker's metrics, over all its memberships. */
export class WorkerMetrics {
  readonly registry: Registry = createRegistry();
  readonly #metrics: Metrics<typeof workerMetrics>;
  readonly #parts = new PartClock();
  /** Unknown until the engine of a run is loaded. */
  #device = '';

  constructor({ name }: { readonly name: string }, { isIn, engine }: WorkerMetricsModules) {
    this.#metrics = createMetrics(workerMetrics, this.registry, {
      atelier_worker_info: (gauge) => {
        gauge.reset();
        gauge.set({ worker: name, device: this.#device }, 1);
      },
      atelier_worker_connected: (gauge) => gauge.set(isIn() ? 1 : 0),
      atelier_worker_part_seconds_total: (counter) => setTotals(counter, this.#parts.seconds()),
      atelier_worker_compiled_phases_total: (counter) => {
        const { numCompiled = 0, numFallback = 0 } = engine() ?? {};
        setTotals(counter, [
          ['compiled', numCompiled],
          ['fallback', numFallback],
        ]);
      },
      atelier_worker_tensors: (gauge) => gauge.set(engine()?.numTensors ?? 0),
      atelier_worker_device_memory_bytes: (gauge) => gauge.set(engine()?.numBytes ?? 0),
    });
    // There before they count: a first count is no increase to Prometheus.
    for (const status of pushStatuses) this.#metrics.atelier_worker_pushes_total.inc({ status }, 0);
    for (const transport of transports) {
      this.sent(0, transport);
      this.received(0, transport);
    }
  }

  /** A coordinator has let it in. */
  joined(device: string): void {
    this.#device = device;
    this.#metrics.atelier_worker_connections_total.inc();
  }

  /** Does a work of some time and notes how long it took. */
  during<Result>(part: WorkingPart, work: () => Promise<Result>): Promise<Result> {
    return this.#parts.during(part, work);
  }

  computed({ phase, numVirtualWorkers, numImages, seconds }: ComputedBlock): void {
    this.#metrics.atelier_worker_block_seconds.observe({ phase }, seconds / numVirtualWorkers);
    this.#metrics.atelier_worker_virtual_workers_total.inc(numVirtualWorkers);
    this.#metrics.atelier_worker_images_total.inc(numImages);
  }

  pushed(status: (typeof pushStatuses)[number]): void {
    this.#metrics.atelier_worker_pushes_total.inc({ status });
  }

  sent(numBytes: number, transport: Transport): void {
    this.#metrics.atelier_worker_sent_bytes_total.inc({ transport }, numBytes);
  }

  received(numBytes: number, transport: Transport): void {
    this.#metrics.atelier_worker_received_bytes_total.inc({ transport }, numBytes);
  }
}
