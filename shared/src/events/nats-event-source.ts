import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { runEventOf } from './cloud-event.ts';
import type { EventSource, ReadOptions } from './event-bus.ts';
import { EventServerError } from './event-server-error.ts';
import { ALL_SUBJECTS, isRunToken, runNameOf, STREAM_NAME, subjectOf } from './event-subject.ts';
import { connectNats, type EventServer, eventServerErrorOf } from './nats-connection.ts';
import { type EventStream, findStream, lastOf } from './nats-stream.ts';
import type { RunEvent } from './run-event.ts';

/** The events of a run as a NATS server holds them, also when its folder is elsewhere. */
export class NatsEventSource implements EventSource {
  readonly #server: EventServer;
  readonly #run: string;

  /** @param run its name, or its token in the subjects: the name and the start of its id */
  constructor(server: EventServer, run: string) {
    this.#server = server;
    this.#run = run;
  }

  /** @throws EventServerError */
  async *read({ since = 0, follow = false, signal }: ReadOptions = {}): AsyncGenerator<RunEvent> {
    const connection = await connectNats(this.#server, { name: 'atelier events', reconnect: follow });
    const leave = () => void connection.close();
    signal?.addEventListener('abort', leave, { once: true });
    try {
      const runToken = await resolveRun(connection, this.#run);
      const manager = await jetstreamManager(connection);
      const stream = { manager, name: (await findStream(manager, runToken)) ?? STREAM_NAME };
      for await (const event of eventsOf(connection, stream, runToken, follow)) {
        if (event.sequence >= since) yield event;
      }
      const fault = await (signal?.aborted ? undefined : connection.isClosed() && connection.closed());
      if (fault instanceof Error) throw fault;
    } catch (error) {
      if (!signal?.aborted) throw eventServerErrorOf(error, this.#server.url);
    } finally {
      signal?.removeEventListener('abort', leave);
      await connection.close();
    }
  }
}

async function* eventsOf(
  connection: NatsConnection,
  stream: EventStream,
  runToken: string,
  follow: boolean,
): AsyncGenerator<RunEvent> {
  const newest = await lastOf(stream, runToken);
  if (newest === undefined && !follow) return;
  const consumer = await jetstream(connection).consumers.get(stream.name, {
    filter_subjects: subjectOf(runToken),
  });
  for await (const message of await consumer.consume()) {
    yield runEventOf(message.json());
    if (!follow && newest !== undefined && message.seq >= newest.seq) return;
  }
}

/**
 * A run's token in the subjects, by the token itself or by its name: then the newest run of that name.
 * @throws EventServerError 'unknown-run' naming the runs that there are
 */
export async function resolveRun(connection: NatsConnection, run: string): Promise<string> {
  if (isRunToken(run)) return run;
  const manager = await jetstreamManager(connection);
  const stream = (await findStream(manager, '*')) ?? STREAM_NAME;
  const { state } = await manager.streams.info(stream, { subjects_filter: ALL_SUBJECTS });
  const tokens = [
    ...new Set(Object.keys(state.subjects ?? {}).map((subject) => subject.split('.')[1] ?? '')),
  ];
  let newest: { readonly token: string; readonly seq: number } | undefined;
  for (const token of tokens.filter((candidate) => runNameOf(candidate) === run)) {
    const seq = (await lastOf({ manager, name: stream }, token))?.seq ?? 0;
    if (newest === undefined || seq > newest.seq) newest = { token, seq };
  }
  if (newest !== undefined) return newest.token;
  throw new EventServerError(
    'unknown-run',
    `the server has no events of a run named ${JSON.stringify(run)}: give one of these names: ${tokens.join(', ') || 'none'}`,
  );
}
