import { setTimeout } from 'node:timers/promises';
import { backoffMs } from '@atelier/shared/async/backoff';
import type { ReadableStore } from '@atelier/shared/shards/shard-index';
import { ObjectStoreError } from '@atelier/shared/store/object-store';
import type { Logger } from 'pino';

/**
 * A store whose outages are waited for, as long as they last: data comes late then, and what cannot pass by itself
 * (credentials, a missing bucket, a missing object) is an error as ever. Says once that it waits and once that it goes
 * on. How long one answer may take is the store's own matter.
 */
export class PatientStore implements ReadableStore {
  readonly location: string;
  readonly #store: ReadableStore;
  readonly #log: Logger;
  #isAway = false;

  constructor(store: ReadableStore, modules: { readonly log: Logger }) {
    this.location = store.location;
    this.#store = store;
    this.#log = modules.log;
  }

  get(key: string, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#wait(signal, () => this.#store.get(key, signal));
  }

  getRange(key: string, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#wait(signal, () => this.#store.getRange(key, offset, length, signal));
  }

  async #wait<Answer>(signal: AbortSignal | undefined, ask: () => Promise<Answer>): Promise<Answer> {
    for (let numFailures = 0; ; numFailures++) {
      try {
        const answer = await ask();
        this.#found();
        return answer;
      } catch (error) {
        const isOutage = error instanceof ObjectStoreError && error.code === 'unavailable';
        if (!isOutage || signal?.aborted) throw error;
        this.#missed(error);
      }
      await setTimeout(backoffMs(numFailures), undefined, signal ? { signal } : {});
    }
  }

  #missed(error: ObjectStoreError): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#log.warn({ store: this.location, err: error }, 'data store not available; waiting for it');
  }

  #found(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#log.info({ store: this.location }, 'data store available again');
  }
}
