import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { HeartbeatInput } from '@atelier/proto/generated/atelier/v1/Heartbeat';

/** How often the event loop is timed; a delay is measured with this interval in it. */
const RESOLUTION_MS = 10;

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
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #timer: NodeJS.Timeout | undefined;

  constructor(modules: { readonly pulse: () => Pulse; readonly send: (heartbeat: HeartbeatInput) => void }) {
    this.#beat = () => {
      const eventLoopLagSeconds = Math.max(0, this.#delay.max / 1e9 - RESOLUTION_MS / 1e3);
      this.#delay.reset();
      modules.send({ ...modules.pulse(), residentBytes: process.memoryUsage.rss(), eventLoopLagSeconds });
    };
  }

  start(intervalMs: number): void {
    this.#delay.enable();
    this.#beat();
    this.#timer = setInterval(this.#beat, intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }
}
