import { setTimeout } from 'node:timers/promises';
import type { CoordinatorMessage } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { HelloInput } from '@atelier/proto/generated/atelier/v1/Hello';
import type { TrainingClient } from '@atelier/proto/generated/atelier/v1/Training';
import type { WorkerMessageInput } from '@atelier/proto/generated/atelier/v1/WorkerMessage';
import { createTrainingClient } from '@atelier/proto/services';
import { backoffMs } from '@atelier/shared/async/backoff';
import { ignore } from '@atelier/shared/async/ignoring';
import type { Logger } from 'pino';

export interface ControlClientOptions {
  /** host:port */
  readonly address: string;
  /** For a connection to stand and the first message to come. */
  readonly connectTimeoutMs: number;
}

/** One membership's control stream. It ends when either side says so or the connection is lost. */
export interface ControlStream {
  /** Everything after the stream's end is dropped. */
  send(message: WorkerMessageInput): void;
  /** In order, the coordinator's first message included; returns at the stream's end, however it came. */
  readonly messages: AsyncIterable<CoordinatorMessage>;
  close(): void;
}

/** Joins the coordinator, again and again for as long as it takes. */
export class ControlClient {
  readonly #options: ControlClientOptions;
  readonly #log: Logger;
  readonly #client: TrainingClient;
  #numFailures = 0;

  constructor(options: ControlClientOptions, modules: { readonly log: Logger }) {
    this.#options = options;
    this.#log = modules.log;
    this.#client = createTrainingClient(options.address);
  }

  /**
   * A stream on which the coordinator has answered. Waits between attempts; call `succeeded` when the membership
   * turned out well, so that the next loss is met with a quick return.
   * @throws the signal's reason when aborted, and nothing else
   */
  async connect(hello: HelloInput, signal: AbortSignal): Promise<ControlStream> {
    for (;;) {
      if (this.#numFailures > 0) {
        await setTimeout(backoffMs(this.#numFailures), undefined, { signal });
      }
      signal.throwIfAborted();
      this.#numFailures += 1;
      try {
        return await this.#attempt(hello, signal);
      } catch (error) {
        signal.throwIfAborted();
        const { address } = this.#options;
        this.#log.warn(
          { address, attempt: this.#numFailures, err: error },
          'coordinator unreachable; trying again',
        );
      }
    }
  }

  succeeded(): void {
    this.#numFailures = 0;
  }

  close(): void {
    this.#client.close();
  }

  async #attempt(hello: HelloInput, signal: AbortSignal): Promise<ControlStream> {
    const deadline = Date.now() + this.#options.connectTimeoutMs;
    await this.#reachable(deadline, signal);
    const call = this.#client.join();
    const messages = call[Symbol.asyncIterator]();
    call.on('error', (error) =>
      ignore(error, 'the iterator tells of it; one that comes after concerns nobody'),
    );
    const expire = () => call.cancel();
    const timer = globalThis.setTimeout(expire, Math.max(0, deadline - Date.now()));
    signal.addEventListener('abort', expire, { once: true });
    try {
      call.write({ hello });
      const first: IteratorResult<CoordinatorMessage> = await messages.next();
      if (first.done) throw new Error('the coordinator closed the connection without a reason');
      return {
        send: (message) => {
          if (call.writable) call.write(message);
        },
        messages: this.#from(first.value, messages),
        close: () => {
          call.end();
          call.cancel();
        },
      };
    } catch (error) {
      call.cancel();
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', expire);
    }
  }

  async *#from(
    first: CoordinatorMessage,
    rest: AsyncIterator<CoordinatorMessage>,
  ): AsyncGenerator<CoordinatorMessage> {
    yield first;
    try {
      for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
    } catch (error) {
      this.#log.info({ err: error }, 'connection to the coordinator lost');
    }
  }

  #reachable(deadline: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(new Error('no longer needed', { cause: signal.reason }));
      signal.addEventListener('abort', abort, { once: true });
      this.#client.waitForReady(deadline, (error) => {
        signal.removeEventListener('abort', abort);
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }
}
