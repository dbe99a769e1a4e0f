import type { RunEvent } from '@atelier/shared/events/run-event';
import type { Clock, Timer } from '@atelier/shared/time/clock';
import type { EventLog } from '../events/event-log.ts';
import { isEnding } from '../life/life-state.ts';
import type { RunView } from '../operator/run-view.ts';
import { type AlertFacts, type AlertName, decideAlerts, REFUSED_WITHIN_MS } from './alert-rules.ts';

const LOOK_EVERY_MS = 1_000;

type WatchedRun = Pick<RunView, 'clock' | 'sessions' | 'lifeState' | 'loop'> & { readonly events: EventLog };

/** Watches the run for what a person must look after, and tells it as events. */
export class Alerting {
  readonly #run: WatchedRun;
  readonly #raised = new Set<AlertName>();
  readonly #looking: Timer;
  readonly #leave: () => void;
  #failedCheckpoints = 0;
  #refusedAt: number[] = [];
  /** Since when, on the run's clock. */
  #withoutWorkersSince: number | undefined;
  #serverAwaySince: number | undefined;

  constructor({ run, clock }: { readonly run: WatchedRun; readonly clock: Clock }) {
    this.#run = run;
    this.#leave = run.events.subscribe((event) => this.#note(event));
    this.#looking = clock.setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    this.#looking.cancel();
    this.#leave();
  }

  #note(event: RunEvent): void {
    if (event.type === 'checkpoint.saved') this.#failedCheckpoints = 0;
    if (event.type === 'checkpoint.failed') this.#failedCheckpoints += 1;
    if (event.type === 'worker.refused') this.#refusedAt.push(this.#run.clock.now());
  }

  #look(): void {
    const { events } = this.#run;
    const alerts = decideAlerts(this.#facts());
    for (const { alert, reason } of alerts) {
      if (this.#raised.has(alert)) continue;
      this.#raised.add(alert);
      events.record({ type: 'alert.raised', alert, reason });
    }
    for (const alert of this.#raised) {
      if (alerts.some((holding) => holding.alert === alert)) continue;
      this.#raised.delete(alert);
      events.record({ type: 'alert.resolved', alert });
    }
  }

  #facts(): AlertFacts {
    const { clock, sessions, lifeState, events } = this.#run;
    const now = clock.now();
    const hasWorkers = [...sessions].some(({ state }) => state === 'active');
    const wantsWorkers = !isEnding(lifeState) && this.#run.loop?.state.kind !== 'paused';
    this.#withoutWorkersSince = hasWorkers || !wantsWorkers ? undefined : (this.#withoutWorkersSince ?? now);
    this.#serverAwaySince =
      events.delivery?.isConnected === false ? (this.#serverAwaySince ?? now) : undefined;
    this.#refusedAt = this.#refusedAt.filter((at) => now - at < REFUSED_WITHIN_MS);
    return {
      failedCheckpoints: this.#failedCheckpoints,
      withoutWorkersMs: now - (this.#withoutWorkersSince ?? now),
      refusedWorkers: this.#refusedAt.length,
      eventServerAwayMs: now - (this.#serverAwaySince ?? now),
      areEventsOverflowing: events.delivery?.isOverflowing ?? false,
    };
  }
}
