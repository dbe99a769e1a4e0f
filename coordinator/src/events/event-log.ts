import type { Delivery, EventBus } from '@atelier/shared/events/event-bus';
import type { RunEvent, RunEventBody } from '@atelier/shared/events/run-event';
import { type Clock, timeOf } from '@atelier/shared/time/clock';

/** The run's events: numbered, published on every bus, and told to whoever listens. */
export class EventLog {
  /** Of the bus that delivers to a server, if there is one. */
  readonly delivery: Delivery | undefined;
  readonly #runId: string;
  readonly #clock: Clock;
  readonly #buses: readonly EventBus[];
  readonly #listeners = new Set<(event: RunEvent) => void>();
  #nextSequence: number;

  /** @param modules.buses where the events go, in this order; closed with the log */
  constructor(
    options: { readonly runId: string; readonly firstSequence: number },
    modules: {
      readonly buses: readonly EventBus[];
      readonly delivery?: Delivery | undefined;
      readonly clock: Clock;
    },
  ) {
    this.#runId = options.runId;
    this.#nextSequence = options.firstSequence;
    this.#buses = modules.buses;
    this.#clock = modules.clock;
    this.delivery = modules.delivery;
  }

  record(body: RunEventBody): void {
    const event: RunEvent = {
      time: timeOf(this.#clock),
      runId: this.#runId,
      sequence: this.#nextSequence,
      ...body,
    };
    this.#nextSequence += 1;
    for (const bus of this.#buses) bus.publish(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** @returns what ends the listening */
  subscribe(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await Promise.all(this.#buses.map((bus) => bus.close()));
  }
}
