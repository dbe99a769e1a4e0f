import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { JsonlEventBus } from '@atelier/coordinator/events/jsonl-event-bus';
import { NatsEventBus, type NatsEventBusOptions } from '@atelier/coordinator/events/nats-event-bus';
import { systemDisk } from '@atelier/shared/disk/system-disk';
import type { EventBus, EventSource } from '@atelier/shared/events/event-bus';
import { EventFile } from '@atelier/shared/events/event-file';
import { runTokenOf } from '@atelier/shared/events/event-subject';
import { NatsEventSource } from '@atelier/shared/events/nats-event-source';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { HeardLog } from './heard-log.ts';
import { newFolder } from './toy-coordinator.ts';

/** One life of a coordinator, as far as its events go. */
export interface EventLife extends EventBus {
  readonly nats: NatsEventBus;
}

/** The events of one run: written to its folder and delivered from there, over any number of lives. */
export class DeliveredRun {
  readonly runId = randomUUID();
  readonly folder = newFolder();
  readonly heard = new HeardLog();
  readonly file: EventSource;
  readonly server: EventSource;
  readonly #url: string;
  #numPublished = 0;

  constructor(url: string) {
    this.#url = url;
    this.file = new EventFile(join(this.folder, 'events.jsonl'));
    this.server = new NatsEventSource({ url }, this.token);
  }

  get token(): string {
    return runTokenOf({ name: 'delivered', runId: this.runId });
  }

  get cursor(): string {
    return join(this.folder, 'events-delivered.json');
  }

  /** What happened next. */
  nextEvent(): RunEvent {
    const sequence = this.#numPublished;
    this.#numPublished += 1;
    return {
      time: new Date().toISOString(),
      runId: this.runId,
      sequence,
      type: 'step.committed',
      step: sequence,
      iteration: sequence >> 1,
      losses: { 'generator/total': Math.sin(sequence) },
    };
  }

  async open(changes: Partial<NatsEventBusOptions> = {}): Promise<EventLife> {
    const events = join(this.folder, 'events.jsonl');
    const { log } = this.heard;
    const file = new JsonlEventBus(events, { disk: systemDisk, log });
    const nats = await NatsEventBus.open(
      {
        events,
        cursor: this.cursor,
        maxWaiting: 100_000,
        server: { url: this.#url },
        run: { name: 'delivered', runId: this.runId },
        ...changes,
      },
      { log },
    );
    return {
      nats,
      publish: (event) => {
        file.publish(event);
        nats.publish(event);
      },
      close: async () => {
        await file.close();
        await nats.close();
      },
    };
  }

  /** Publishes so many more. */
  publish(life: EventLife, count: number): void {
    for (let i = 0; i < count; i += 1) life.publish(this.nextEvent());
  }

  /** Numbers of the events in the stream, as they stand there. */
  async delivered(): Promise<number[]> {
    const sequences: number[] = [];
    for await (const { sequence } of this.server.read()) sequences.push(sequence);
    return sequences;
  }
}

export function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_, i) => from + i);
}
