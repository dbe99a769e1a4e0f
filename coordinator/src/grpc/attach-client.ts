import { bodyOf } from '@atelier/proto/body-of';
import type { ReducerHelloInput } from '@atelier/proto/generated/atelier/v1/ReducerHello';
import type { ReducerMessageInput } from '@atelier/proto/generated/atelier/v1/ReducerMessage';
import type { ReducerOrder } from '@atelier/proto/generated/atelier/v1/ReducerOrder';
import type { ReducersClient } from '@atelier/proto/generated/atelier/v1/Reducers';
import { createReducersClient } from '@atelier/proto/services';
import { backoffMs } from '@atelier/shared/async/backoff';
import { ignore } from '@atelier/shared/async/ignoring';
import { systemClock } from '@atelier/shared/time/system-clock';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';

/** How a reducer's life ends. */
export type ReducerOutcome =
  | { readonly kind: 'over'; readonly reason: string }
  | { readonly kind: 'drained' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'halted' };

const UNKNOWN_MESSAGE =
  'the coordinator sent a message that this reducer does not know: install the same version of Atelier on both machines';

/** Offers this reducer to the coordinator, again whenever that is lost. */
export class AttachClient {
  readonly #hello: ReducerHelloInput;
  readonly #log: Logger;
  readonly #client: ReducersClient;
  readonly #halt = new AbortController();
  #call: ClientDuplexStream<ReducerMessageInput, ReducerOrder> | undefined;
  #isDraining = false;

  constructor(coordinator: string, hello: ReducerHelloInput, modules: { readonly log: Logger }) {
    this.#hello = hello;
    this.#log = modules.log;
    this.#client = createReducersClient(coordinator);
  }

  /** Until the coordinator says that it is over, or `halt`. Never rejects. */
  async run(): Promise<ReducerOutcome> {
    const { signal } = this.#halt;
    for (let numFailures = 0; !signal.aborted; numFailures += 1) {
      if (numFailures > 0) await systemClock.sleep(backoffMs(numFailures), signal);
      if (signal.aborted) break;
      const outcome = await this.#attach(() => {
        numFailures = 0;
      });
      if (outcome !== undefined) return outcome;
      // Whatever it held is lost with the coordinator that it held it for.
      if (this.#isDraining) return { kind: 'drained' };
    }
    return { kind: 'halted' };
  }

  /** Asks to be let go once what is held is kept. */
  drain(reason: string): void {
    this.#isDraining = true;
    if (this.#call?.writable) this.#call.write({ drainRequest: { reason } });
    else this.halt();
  }

  halt(): void {
    this.#halt.abort();
    this.#call?.cancel();
  }

  close(): void {
    this.#client.close();
  }

  /** @returns undefined when the stream was lost */
  async #attach(onAccepted: () => void): Promise<ReducerOutcome | undefined> {
    const call = this.#client.attach();
    this.#call = call;
    call.write({ hello: this.#hello });
    try {
      for await (const order of call as AsyncIterable<ReducerOrder>) {
        const outcome = this.#obey(order, onAccepted);
        if (outcome !== undefined) return outcome;
      }
    } catch (error) {
      if (!this.#halt.signal.aborted) this.#log.info({ err: error }, 'coordinator unreachable; trying again');
    } finally {
      this.#call = undefined;
      call.on('error', (error) => ignore(error, 'the stream is over: its end is told already'));
      call.cancel();
    }
    return undefined;
  }

  #obey(order: ReducerOrder, onAccepted: () => void): ReducerOutcome | undefined {
    const body = bodyOf(order);
    switch (body?.kind) {
      case 'accepted':
        onAccepted();
        this.#log.info({ step: body.value.step }, 'joined the run');
        return undefined;
      case 'refused':
        return { kind: 'refused', code: body.value.code, message: body.value.message };
      case 'drained':
        return { kind: 'drained' };
      case 'stop':
        return body.value.reconnect ? undefined : { kind: 'over', reason: body.value.reason };
      case undefined:
        return { kind: 'refused', code: 'unknown-message', message: UNKNOWN_MESSAGE };
      default:
        return body satisfies never;
    }
  }
}
