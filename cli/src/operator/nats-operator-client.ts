import type { CheckpointReply } from '@atelier/proto/generated/atelier/v1/CheckpointReply';
import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import { commandSubjectOf } from '@atelier/shared/events/event-subject';
import { connectNats, type EventServer, eventServerErrorOf } from '@atelier/shared/events/nats-connection';
import { resolveRun } from '@atelier/shared/events/nats-event-source';
import { type Command, commandReplySchema } from '@atelier/shared/operator/command';
import { type NatsConnection, RequestError, TimeoutError } from '@nats-io/transport-node';
import { CommandError } from '../terminal/command-error.ts';
import { DEADLINE_MS, DURABLE_DEADLINE_MS, type OperatorCalls } from './operator-calls.ts';

/** Asks a coordinator by way of the server that its events go to: nobody needs to know where it runs. */
export class NatsOperatorClient implements OperatorCalls {
  readonly #connection: NatsConnection;
  readonly #runToken: string;

  private constructor(connection: NatsConnection, runToken: string) {
    this.#connection = connection;
    this.#runToken = runToken;
  }

  /** @param run its name, or the token that its subjects have. @throws EventServerError */
  static async connect(server: EventServer, run: string): Promise<NatsOperatorClient> {
    const connection = await connectNats(server, { name: 'atelier command' });
    try {
      return new NatsOperatorClient(connection, await resolveRun(connection, run));
    } catch (error) {
      await connection.close();
      throw eventServerErrorOf(error, server.url);
    }
  }

  status(): Promise<RunStatus> {
    return this.#ask({ command: 'status' });
  }

  pause(): Promise<RunStatus> {
    return this.#ask({ command: 'pause' });
  }

  resume(): Promise<RunStatus> {
    return this.#ask({ command: 'resume' });
  }

  checkpoint(): Promise<CheckpointReply> {
    return this.#ask({ command: 'checkpoint' }, DURABLE_DEADLINE_MS);
  }

  drain(worker: string): Promise<RunStatus> {
    return this.#ask({ command: 'drain', worker });
  }

  stop({ checkpoint }: { readonly checkpoint: boolean }): Promise<RunStatus> {
    return this.#ask({ command: 'stop', checkpoint });
  }

  close(): void {
    void this.#connection.close();
  }

  async #ask<Reply>({ command, ...fields }: Command, timeout = DEADLINE_MS): Promise<Reply> {
    const subject = commandSubjectOf(this.#runToken, command);
    const reply = await this.#connection
      .request(subject, JSON.stringify(fields), { timeout })
      .then((message) => commandReplySchema.parse(message.json()))
      .catch((error: unknown) => {
        throw new CommandError('failure', this.#wordsFor(error), { cause: error });
      });
    if (!reply.ok) throw new CommandError('refused', `${reply.code}: ${reply.message}`);
    return reply.result as Reply;
  }

  #wordsFor(error: unknown): string {
    if (error instanceof RequestError && error.isNoResponders()) {
      return `no coordinator answers for ${this.#runToken}: is the run under way?`;
    }
    if (error instanceof TimeoutError) {
      return `the coordinator of ${this.#runToken} did not answer in time: try again, or see its log`;
    }
    return `no answer for ${this.#runToken}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
