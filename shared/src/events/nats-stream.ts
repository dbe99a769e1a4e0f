import {
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StoredMsg,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { EventServerError } from './event-server-error.ts';
import { ALL_SUBJECTS, isCovered, STREAM_NAME, subjectOf } from './event-subject.ts';

/** Of the stream that we make; one that is there is left as it is. */
const DAY_MS = 24 * 60 * 60 * 1000;
const MOST_EVENTS = 5_000_000;
const DUPLICATE_WINDOW_MS = 10 * 60 * 1000;
/** The first that checks what an event of a run must come after. */
const OLDEST_SERVER = [2, 11] as const;

/** Of the largest message, kept free for its headers. */
const HEADER_BYTES = 1024;

/** The stream that holds a run's events. */
export interface EventStream {
  readonly manager: JetStreamManager;
  readonly name: string;
}

/** One that may be written to. */
export interface OpenStream extends EventStream {
  /** Of one event, in bytes; a larger one will never be taken. */
  readonly largestEvent: number;
}

/**
 * The stream that takes the run's events, made if there is none.
 * @throws EventServerError 'unsupported' | 'other-stream', and what the client throws
 */
export async function openStream(connection: NatsConnection, runToken: string): Promise<OpenStream> {
  assertRecent(connection.info?.version ?? '0');
  const manager = await jetstreamManager(connection);
  const name = (await findStream(manager, runToken)) ?? (await addStream(manager));
  const { config } = await manager.streams.info(name);
  const limits = [connection.info?.max_payload, config.max_msg_size].filter((limit = 0) => limit > 0);
  return { manager, name, largestEvent: Math.min(...limits.map(Number)) - HEADER_BYTES };
}

async function addStream(manager: JetStreamManager): Promise<string> {
  const { config } = await manager.streams.add({
    name: STREAM_NAME,
    description: 'What happens to the runs of Atelier',
    subjects: [ALL_SUBJECTS],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_msgs: MOST_EVENTS,
    max_age: nanos(90 * DAY_MS),
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    allow_direct: true,
  });
  return config.name;
}

/**
 * The stream that takes the run's events; `undefined` when none takes any of them.
 * @throws EventServerError 'other-stream' when one takes only some
 */
export async function findStream(manager: JetStreamManager, runToken: string): Promise<string | undefined> {
  const wanted = subjectOf(runToken);
  for await (const { config } of manager.streams.list(wanted)) {
    if (isCovered(wanted, config.subjects)) return config.name;
    throw new EventServerError(
      'other-stream',
      `the stream ${config.name} stores only a part of the subjects ${wanted}, namely ${config.subjects.join(', ')}: set its subjects to ${ALL_SUBJECTS}, or delete it`,
    );
  }
  return undefined;
}

/** The newest event of a run in its stream. */
export async function lastOf(
  { manager, name }: EventStream,
  runToken: string,
): Promise<StoredMsg | undefined> {
  return (await manager.streams.getMessage(name, { last_by_subj: subjectOf(runToken) })) ?? undefined;
}

function assertRecent(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_SERVER;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new EventServerError(
    'unsupported',
    `the NATS server has version ${version}: install version ${OLDEST_SERVER.join('.')} or later`,
  );
}
