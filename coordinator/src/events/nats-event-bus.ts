import { Deferred } from '@atelier/shared/async/deferred';
import { sequenceOf } from '@atelier/shared/events/cloud-event';
import type { Delivery, EventBus } from '@atelier/shared/events/event-bus';
import type { EventServerError } from '@atelier/shared/events/event-server-error';
import { runTokenOf, subjectOf } from '@atelier/shared/events/event-subject';
import { connectNats, type EventServer, eventServerErrorOf } from '@atelier/shared/events/nats-connection';
import { lastOf, type OpenStream, openStream } from '@atelier/shared/events/nats-stream';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { systemClock } from '@atelier/shared/time/system-clock';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { EventSpool, type SpoolOptions } from './event-spool.ts';
import { isOutOfTurn, messageOf, sendBatch } from './nats-batch.ts';

/** Events that wait for their acknowledgement at once. */
const LARGEST_WINDOW = 256;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;
const CLOSE_MS = 10_000;

export interface NatsEventBusOptions extends SpoolOptions {
  readonly server: EventServer;
  readonly run: { readonly name: string; readonly runId: string };
  /** How long `close` waits for what is not delivered yet. Default: 10,000. */
  readonly closeMs?: number;
}

/**
 * Delivers the events that stand in events.jsonl to a NATS server: in order, none twice, however often either side is
 * killed. Each message says which one of the run it must come after, and the server takes it only then.
 * A server that is away, slow or full costs the run nothing: its events wait in the file.
 */
export class NatsEventBus implements EventBus, Delivery {
  readonly runToken: string;
  readonly #options: NatsEventBusOptions;
  readonly #log: Logger;
  readonly #spool: EventSpool;
  readonly #tenants = new Set<(connection: NatsConnection) => void>();
  readonly #closing = new AbortController();
  readonly #delivering: Promise<void>;
  #connection: NatsConnection | undefined;
  #news = new Deferred<void>();
  /** Of the run's newest message in the stream; 0 for none. */
  #lastStreamSequence = 0;
  /** unknown -> connected <-> the code of what keeps it away. */
  #state = 'unknown';
  #retryMs = FIRST_RETRY_MS;
  #delivered = 0;
  #saidOverflow = false;
  #closed: Promise<void> | undefined;
  /** The time to close is over. */
  #isLate = false;

  private constructor(options: NatsEventBusOptions, spool: EventSpool, log: Logger) {
    this.runToken = runTokenOf(options.run);
    this.#options = options;
    this.#spool = spool;
    this.#log = log.child({ server: options.server.url });
    this.#delivering = this.#deliverForEver();
  }

  /** Begins to deliver; does not wait for the server. @throws Error of the file system; events.jsonl must be there */
  static async open(options: NatsEventBusOptions, modules: { readonly log: Logger }): Promise<NatsEventBus> {
    return new NatsEventBus(options, await EventSpool.open(options), modules.log);
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  get depth(): number {
    return this.#spool.depth;
  }

  get isOverflowing(): boolean {
    return this.#spool.isOverflowing;
  }

  get delivered(): number {
    return this.#delivered;
  }

  get undelivered(): number {
    return this.#spool.undelivered;
  }

  /** The event stands in events.jsonl by now: that is where it is taken from. */
  publish(_event: RunEvent): void {
    this.#spool.added();
    this.#sayOverflow();
    this.#news.resolve();
  }

  /** Shares the connection: the tenant is given the one that is there and each that comes. @returns what ends that */
  share(tenant: (connection: NatsConnection) => void): () => void {
    this.#tenants.add(tenant);
    if (this.#connection !== undefined) tenant(this.#connection);
    return () => this.#tenants.delete(tenant);
  }

  /** Waits until all is delivered, the server is found away, or the time is over. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.#news.resolve();
    const timer = setTimeout(() => {
      this.#isLate = true;
      void this.#connection?.close();
    }, this.#options.closeMs ?? CLOSE_MS);
    await this.#delivering;
    clearTimeout(timer);
    await this.#spool.close();
    if (this.depth > 0) {
      this.#log.warn(
        { waiting: this.depth },
        'some events are not delivered; resume the run or run atelier events deliver',
      );
    }
  }

  async #deliverForEver(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      const isLastTry = signal.aborted;
      try {
        await this.#deliver(await this.#connect());
        break;
      } catch (error) {
        await this.#away(eventServerErrorOf(error, this.#options.server.url));
      }
      if (isLastTry || this.#isLate) break;
      await systemClock.sleep(this.#retryMs * (0.5 + Math.random() / 2), signal);
      this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
    }
    await this.#connection?.close();
  }

  async #connect(): Promise<NatsConnection> {
    if (this.#connection !== undefined && !this.#connection.isClosed()) return this.#connection;
    const connection = await connectNats(this.#options.server, { name: `atelier ${this.runToken}` });
    this.#connection = connection;
    void connection.closed().then(() => this.#news.resolve());
    for (const tenant of this.#tenants) tenant(connection);
    return connection;
  }

  /** Returns when the bus closes and nothing waits. */
  async #deliver(connection: NatsConnection): Promise<void> {
    const stream = await openStream(connection, this.runToken);
    const client = stream.manager.jetstream();
    await this.#resume(stream);
    for (let window = 1; ; ) {
      this.#news = new Deferred();
      const events = await this.#spool.peek(window);
      if (connection.isClosed()) throw new Error('connection lost');
      if (events.length === 0) {
        this.#reached();
        this.#saidOverflow = false;
        if (this.#closing.signal.aborted) return;
        await this.#news.promise;
        continue;
      }
      const messages = events.map((event) => messageOf(event, this.runToken));
      const numFitting = messages.findIndex(({ body }) => Buffer.byteLength(body) > stream.largestEvent);
      if (numFitting === 0) {
        this.#log.error({ id: messages[0]?.id }, 'event not delivered: it is too large for the server');
        await this.#spool.giveUp();
        continue;
      }
      const batch = numFitting === -1 ? messages : messages.slice(0, numFitting);
      await this.#spool.sync();
      const place = { subjects: subjectOf(this.runToken), sequence: this.#lastStreamSequence };
      const { numStored, sequence, fault } = await sendBatch(client, batch, place);
      this.#lastStreamSequence = sequence;
      if (numStored > 0) this.#reached();
      this.#delivered += numStored;
      await this.#spool.pass(numStored);
      if (fault === undefined) {
        window = Math.min(2 * window, LARGEST_WINDOW);
        continue;
      }
      // Another run's message came between ours, which is nobody's fault; but one alone is always right.
      if (!isOutOfTurn(fault) || batch.length === 1) throw fault;
      window = Math.max(window >> 1, 1);
      await this.#resume(stream);
    }
  }

  /** Goes on behind what the server has, whether or not we ever heard that it has it. */
  async #resume(stream: OpenStream): Promise<void> {
    const last = await lastOf(stream, this.runToken);
    this.#lastStreamSequence = last?.seq ?? 0;
    const sequence = sequenceOf(last?.header.get('Nats-Msg-Id') ?? '', this.#options.run.runId);
    if (sequence !== undefined) this.#spool.passTo(sequence);
  }

  #reached(): void {
    if (this.#state !== 'connected') this.#log.info({ waiting: this.depth }, 'waiting events delivered');
    this.#state = 'connected';
    this.#retryMs = FIRST_RETRY_MS;
  }

  /** Says a change once, and keeps a connection that is not to blame. */
  async #away({ code, message }: EventServerError): Promise<void> {
    if (code === 'unreachable') await this.#connection?.close();
    if (this.#state !== code) {
      this.#log.warn(
        { code, reason: message, waiting: this.depth },
        'event server unreachable; events wait in events.jsonl',
      );
    }
    this.#state = code;
  }

  #sayOverflow(): void {
    if (!this.#spool.isOverflowing || this.#saidOverflow) return;
    this.#saidOverflow = true;
    const { maxWaiting } = this.#options;
    this.#log.error(
      { maxWaiting },
      'more events wait than events.maxWaiting; the oldest will not be delivered',
    );
  }
}
