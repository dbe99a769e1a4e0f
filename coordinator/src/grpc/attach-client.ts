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
        if (order.accepted) {
          onAccepted();
          this.#log.info({ step: order.accepted.step }, 'attached to the run');
        } else if (order.refused) {
          return { kind: 'refused', code: order.refused.code, message: order.refused.message };
        } else if (order.drained) {
          return { kind: 'drained' };
        } else if (order.stop && !order.stop.reconnect) {
          return { kind: 'over', reason: order.stop.reason };
        }
      }
    } catch (error) {
      if (!this.#halt.signal.aborted) this.#log.info({ err: error }, 'coordinator not reached or lost');
    } finally {
      this.#call = undefined;
      call.on('error', (error) => ignore(error, 'the stream is over: its end is told already'));
      call.cancel();
    }
    return undefined;
  }
}
