import type { Session } from './session.ts';

/**
 * Who computes the run's initial values. They follow from the seed, so any worker gives the same ones; one is asked
 * at a time, and another when it leaves before it has answered.
 */
export class InitialValues {
  #asked: Session | undefined;

  /** Sees to it that one of the ready sessions has been asked, if there is any. */
  seek(sessions: Iterable<Session>): void {
    if (this.#asked?.state === 'ready') return;
    this.#asked = [...sessions].find(({ state }) => state === 'ready');
    this.#asked?.link.send({ initialize: {} });
  }
}
