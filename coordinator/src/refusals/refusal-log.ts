import type { Logger } from 'pino';

/** What was refused or ignored, counted by reason. Logged once for each reason of a session: a broken peer repeats itself. */
export class RefusalLog {
  readonly #counts = new Map<string, number>();
  readonly #logged = new Map<string, Set<string>>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /**
   * @param session a session of this run, or 'unknown': never a string out of the refused message itself
   * @returns whether it is the session's first refusal for this reason
   */
  note(reason: string, session: string, values: Readonly<Record<string, unknown>>): boolean {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const logged = this.#logged.get(session) ?? new Set();
    if (logged.has(reason)) return false;
    this.#logged.set(session, logged.add(reason));
    this.#log.warn({ reason, session, ...values }, 'message refused');
    return true;
  }

  /** The session is over. */
  forget(session: string): void {
    this.#logged.delete(session);
  }
}
