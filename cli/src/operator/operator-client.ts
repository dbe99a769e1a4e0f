import { bodyOf } from '@atelier/proto/body-of';
import type { CheckpointReply } from '@atelier/proto/generated/atelier/v1/CheckpointReply';
import type { EvaluatorReceipt } from '@atelier/proto/generated/atelier/v1/EvaluatorReceipt';
import type { EvaluatorReportInput } from '@atelier/proto/generated/atelier/v1/EvaluatorReport';
import type { OperatorClient as Stub } from '@atelier/proto/generated/atelier/v1/Operator';
import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import type { WatchMessage } from '@atelier/proto/generated/atelier/v1/WatchMessage';
import { createOperatorClient } from '@atelier/proto/services';
import { ignore } from '@atelier/shared/async/ignoring';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { systemClock } from '@atelier/shared/time/system-clock';
import { type CallOptions, status as codes, type requestCallback, type ServiceError } from '@grpc/grpc-js';
import { CommandError } from '../terminal/command-error.ts';
import { DEADLINE_MS, DURABLE_DEADLINE_MS, type OperatorCalls } from './operator-calls.ts';

const RECONNECT_MS = 500;

export type WatchItem =
  | { readonly kind: 'status'; readonly status: RunStatus }
  | { readonly kind: 'event'; readonly event: RunEvent }
  /** The coordinator cannot be reached; told once each time. */
  | { readonly kind: 'lost' };

/** Asks a coordinator directly, over gRPC. */
export class OperatorClient implements OperatorCalls {
  readonly address: string;
  readonly #stub: Stub;

  constructor(address: string) {
    this.address = address;
    this.#stub = createOperatorClient(address);
  }

  status(): Promise<RunStatus> {
    return this.#ask(DEADLINE_MS, (options, done) => this.#stub.status({}, options, done));
  }

  pause(): Promise<RunStatus> {
    return this.#ask(DEADLINE_MS, (options, done) => this.#stub.pause({}, options, done));
  }

  resume(): Promise<RunStatus> {
    return this.#ask(DEADLINE_MS, (options, done) => this.#stub.resume({}, options, done));
  }

  checkpoint(): Promise<CheckpointReply> {
    return this.#ask(DURABLE_DEADLINE_MS, (options, done) => this.#stub.checkpoint({}, options, done));
  }

  drain(worker: string): Promise<RunStatus> {
    return this.#ask(DEADLINE_MS, (options, done) => this.#stub.drain({ worker }, options, done));
  }

  stop(options: { readonly checkpoint: boolean }): Promise<RunStatus> {
    return this.#ask(DURABLE_DEADLINE_MS, (call, done) => this.#stub.stop(options, call, done));
  }

  reportEvaluation(report: EvaluatorReportInput): Promise<EvaluatorReceipt> {
    return this.#ask(DEADLINE_MS, (options, done) => this.#stub.reportEvaluation(report, options, done));
  }

  /**
   * Status and events as they come, over any number of connections, until the signal.
   * @throws CommandError 'refused': the coordinator tells what this program does not know
   */
  async *watch(signal: AbortSignal): AsyncGenerator<WatchItem> {
    let isLost = false;
    while (!signal.aborted) {
      const stream = this.#stub.watch({});
      const cancel = (): void => stream.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        for await (const message of stream) {
          isLost = false;
          yield watchItemOf(message);
        }
      } catch (error) {
        if (error instanceof CommandError) throw error;
        ignore(error, 'whoever watches is told that the connection is lost');
        if (!isLost && !signal.aborted) yield { kind: 'lost' };
        isLost = true;
      } finally {
        signal.removeEventListener('abort', cancel);
        stream.cancel();
      }
      await systemClock.sleep(RECONNECT_MS, signal);
    }
  }

  close(): void {
    this.#stub.close();
  }

  #ask<Reply>(
    timeoutMs: number,
    call: (options: CallOptions, done: requestCallback<Reply>) => unknown,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      call({ deadline: Date.now() + timeoutMs }, (error, reply) => {
        if (error !== null) reject(commandErrorOf(error, this.address));
        else if (reply === undefined)
          reject(
            new CommandError(
              'failure',
              `the coordinator at ${this.address} sent an empty answer: see its log`,
            ),
          );
        else resolve(reply);
      });
    });
  }
}

function watchItemOf(message: WatchMessage): WatchItem {
  const body = bodyOf(message);
  switch (body?.kind) {
    case 'status':
      return { kind: 'status', status: body.value };
    case 'eventJson':
      return { kind: 'event', event: JSON.parse(body.value) as RunEvent };
    case undefined:
      throw new CommandError(
        'refused',
        'the coordinator tells what this command does not know: use the same version of Atelier for both',
      );
    default:
      return body satisfies never;
  }
}

function commandErrorOf(error: ServiceError, address: string): CommandError {
  switch (error.code) {
    case codes.UNAVAILABLE:
      return new CommandError(
        'failure',
        `no coordinator answers at ${address}: check the address, and that the coordinator is running`,
        {
          cause: error,
        },
      );
    case codes.DEADLINE_EXCEEDED:
      return new CommandError(
        'failure',
        `the coordinator at ${address} did not answer in time: try again, or look in its log`,
        { cause: error },
      );
    case codes.UNIMPLEMENTED:
      return new CommandError(
        'failure',
        `the program at ${address} is not a coordinator of this version: check the address, and use one version of Atelier for all processes`,
        {
          cause: error,
        },
      );
    default:
      return new CommandError('refused', error.details || error.message, { cause: error });
  }
}
