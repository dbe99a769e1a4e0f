import { commandSubjectOf } from '@atelier/shared/events/event-subject';
import { type Command, type CommandReply, commandSchema } from '@atelier/shared/operator/command';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { NatsEventBus } from '../events/nats-event-bus.ts';
import type { Operator } from './operator.ts';

/** Answers what is asked of the run by request and reply, on the connection that its events use. */
export class NatsCommands {
  readonly #operator: Operator;
  readonly #log: Logger;
  readonly #subject: string;
  readonly #leave: () => void;
  #subscription: Subscription | undefined;

  constructor(modules: { readonly bus: NatsEventBus; readonly operator: Operator; readonly log: Logger }) {
    this.#operator = modules.operator;
    this.#log = modules.log;
    this.#subject = commandSubjectOf(modules.bus.runToken, '*');
    this.#leave = modules.bus.share((connection) => this.#serve(connection));
  }

  stop(): void {
    this.#leave();
    this.#subscription?.unsubscribe();
  }

  #serve(connection: NatsConnection): void {
    this.#subscription = connection.subscribe(this.#subject, {
      callback: (error, message) => {
        if (error === null) void this.#answer(message);
        else this.#log.warn({ err: error }, 'commands over NATS are not available');
      },
    });
  }

  async #answer(message: Msg): Promise<void> {
    const name = message.subject.slice(message.subject.lastIndexOf('.') + 1);
    const reply = await replyTo(this.#operator, name, message.string());
    message.respond(JSON.stringify(reply));
  }
}

/** @param payload JSON of what the command takes; may be empty where it takes nothing */
async function replyTo(operator: Operator, name: string, payload: string): Promise<CommandReply> {
  try {
    const fields: unknown = payload === '' ? {} : JSON.parse(payload);
    const command = commandSchema.parse({
      ...z.record(z.string(), z.unknown()).parse(fields),
      command: name,
    });
    return { ok: true, result: await carryOut(operator, command) };
  } catch (error) {
    return failureOf(error);
  }
}

function carryOut(operator: Operator, command: Command): unknown {
  switch (command.command) {
    case 'status':
      return operator.status();
    case 'pause':
      return operator.pause();
    case 'resume':
      return operator.resume();
    case 'checkpoint':
      return operator.checkpoint();
    case 'drain':
      return operator.drain(command.worker);
    case 'stop':
      return operator.stop({ checkpoint: command.checkpoint });
  }
}

function failureOf(error: unknown): CommandReply {
  if (error instanceof z.ZodError) return { ok: false, code: 'bad-message', message: z.prettifyError(error) };
  if (error instanceof SyntaxError) return { ok: false, code: 'bad-message', message: error.message };
  if (!(error instanceof Error)) return { ok: false, code: 'internal', message: String(error) };
  return { ok: false, code: 'code' in error ? String(error.code) : 'internal', message: error.message };
}
