import type { Logger } from 'pino';

/** What was opened and has to be closed again, in the reverse order. */
export class Closing {
  readonly #log: Logger;
  readonly #closers: (() => Promise<void> | void)[] = [];

  constructor(modules: { readonly log: Logger }) {
    this.#log = modules.log;
  }

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** Closes each, whatever became of the one before. Never rejects. */
  async closeAll(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        this.#log.error({ err: error }, 'could not close cleanly');
      }
    }
  }
}
