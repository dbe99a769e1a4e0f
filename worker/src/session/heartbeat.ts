import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { HeartbeatInput } from '@atelier/proto/generated/atelier/v1/Heartbeat';

export type Activity = 'idle' | 'compute' | 'push' | 'pull' | 'render';

export interface Pulse {
  /** The step being computed, or the last one. */
  readonly step: number;
  readonly activity: Activity;
  readonly numTensors: number;
}

/** Says at a fixed interval that this worker lives. On a timer of its own: nothing that is computed delays it. */
export class Heartbeat {
  readonly #beat: () => void;
  readonly #lag: IntervalHistogram = monitorEventLoopDelay();
  #timer: NodeJS.Timeout | undefined;

  constructor(modules: { readonly pulse: () => Pulse; readonly send: (heartbeat: HeartbeatInput) => void }) {
    this.#beat = () => {
      const eventLoopLagSeconds = this.#lag.max / 1e9;
      this.#lag.reset();
      modules.send({ ...modules.pulse(), residentBytes: process.memoryUsage.rss(), eventLoopLagSeconds });
    };
  }

  start(intervalMs: number): void {
    this.#lag.enable();
    this.#beat();
    this.#timer = setInterval(this.#beat, intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#lag.disable();
  }
}
