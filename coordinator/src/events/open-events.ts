import type { NatsCredentials } from '@atelier/shared/config/nats-credentials';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { Disk } from '@atelier/shared/disk/disk';
import type { Clock } from '@atelier/shared/time/clock';
import type { Logger } from 'pino';
import type { RunFolder } from '../storage/run-folder.ts';
import { EventLog } from './event-log.ts';
import { JsonlEventBus } from './jsonl-event-bus.ts';
import { NatsEventBus } from './nats-event-bus.ts';

export interface OpenedEvents {
  readonly events: EventLog;
  /** Where the config names a server. */
  readonly nats: NatsEventBus | undefined;
}

/** The events of a run: into its folder and, where the config names a server, from there to that. */
export async function openEvents(
  {
    folder,
    config,
    credentials,
  }: {
    readonly folder: RunFolder;
    readonly config: RunConfig;
    readonly credentials: NatsCredentials | undefined;
  },
  { clock, disk, log }: { readonly clock: Clock; readonly disk: Disk; readonly log: Logger },
): Promise<OpenedEvents> {
  const { runId } = folder.record;
  const file = new JsonlEventBus(folder.events, { disk, log });
  const nats = await openNats();
  // After the file: it is delivered from there.
  const buses = nats === undefined ? [file] : [file, nats];
  const events = new EventLog({ runId, firstSequence: firstSequence() }, { buses, delivery: nats, clock });
  return { events, nats };

  async function openNats(): Promise<NatsEventBus | undefined> {
    const { server: url, maxWaiting } = config.events;
    if (url === undefined) return undefined;
    const run = { name: config.name, runId };
    const spool = { events: folder.events, cursor: folder.delivered, maxWaiting };
    return NatsEventBus.open({ ...spool, server: { url, credentials }, run }, { log });
  }

  /**
   * Goes on counting. A run whose folder was lost and made again from a checkpoint does not know how far it had
   * counted: it goes on from a number that no run can have reached, one event a millisecond since 1970.
   */
  function firstSequence(): number {
    if (file.lastSequence !== undefined) return file.lastSequence + 1;
    return folder.isResumed ? clock.unixMs() : 0;
  }
}
