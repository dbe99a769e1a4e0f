import type { Hello } from '@atelier/proto/generated/atelier/v1/Hello';
import type { RefusalLog } from '../refusals/refusal-log.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { Session, type WorkerLink } from './session.ts';

/** Every open session, by id. */
export class Sessions implements Iterable<Session> {
  readonly #byId = new Map<string, Session>();
  readonly #refusals: RefusalLog;
  readonly #newId: () => string;

  constructor(modules: { readonly refusals: RefusalLog; readonly newId: () => string }) {
    this.#refusals = modules.refusals;
    this.#newId = modules.newId;
  }

  open(hello: Hello, link: WorkerLink, now: number): Session {
    const session = new Session(this.#newId(), hello, link, now);
    this.#byId.set(session.id, session);
    return session;
  }

  /** @throws RefusedError 'unknown-session' */
  get(id: string): Session {
    const session = this.#byId.get(id);
    if (session === undefined) {
      throw new RefusedError(
        'unknown-session',
        `session_id: ${JSON.stringify(id)} is no longer a member: join the run again`,
      );
    }
    return session;
  }

  /** A stranger's string goes into no log and no table: `undefined` for what is not a session. */
  find(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  /** By the worker's id or its name. @throws RefusedError 'unknown-worker', naming those that are here */
  ofWorker(nameOrId: string): Session {
    for (const session of this) {
      if (session.hello.workerId === nameOrId || session.hello.name === nameOrId) return session;
    }
    const names = [...this].map(({ hello }) => hello.name).join(', ') || 'none';
    throw new RefusedError(
      'unknown-worker',
      `worker: the run has no worker ${JSON.stringify(nameOrId)}: choose one of ${names}`,
    );
  }

  /** The run is over for all of them. */
  stopAll(stop: { readonly reason: string; readonly reconnect: boolean }): void {
    for (const session of [...this]) {
      session.link.send({ stop });
      session.link.end();
      this.close(session);
    }
  }

  close(session: Session): void {
    session.state = 'gone';
    this.#byId.delete(session.id);
    this.#refusals.forget(session.id);
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#byId.values();
  }
}
