import { Deferred } from '@atelier/shared/async/deferred';
import type { Logger } from 'pino';
import type { EventLog } from '../events/event-log.ts';
import { EncodedBytes, type PublishedBytes } from '../published/published-bytes.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import type { Session } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { RunFolder } from '../storage/run-folder.ts';
import type { Training } from '../training/training.ts';
import { checkPng } from './sample-png.ts';

/** What a grid is drawn of: a training loop, as far as it matters here. */
interface RenderedLoop {
  readonly training: Training;
  readonly iteration: number;
}

interface PendingRender {
  readonly step: number;
  readonly iteration: number;
  readonly groups: ReadonlyMap<string, Readonly<Record<'ema' | 'statistics', PublishedBytes>>>;
  readonly failed: Set<string>;
  session: Session | undefined;
}

/**
 * Sample grids, drawn by one worker beside its blocks. Training goes on meanwhile, so a copy of what is
 * to be drawn is kept. One is drawn at a time; of those that wait for it only the newest is.
 */
export class SampleRendering {
  readonly #folder: RunFolder;
  readonly #events: EventLog;
  readonly #sessions: Sessions;
  readonly #log: Logger;
  #pending: PendingRender | undefined;
  #next: PendingRender | undefined;
  #idle = new Deferred<void>();
  #latest = '';

  constructor(modules: {
    readonly folder: RunFolder;
    readonly events: EventLog;
    readonly sessions: Sessions;
    readonly log: Logger;
  }) {
    this.#folder = modules.folder;
    this.#events = modules.events;
    this.#sessions = modules.sessions;
    this.#log = modules.log;
  }

  /** The newest grid's path in the run's folder; '' for none. */
  get latest(): string {
    return this.#latest;
  }

  /**
   * Keeps a copy of the state as it is now, to be drawn when it is there: where reducers have to be asked, and do not
   * answer, there is no grid.
   */
  async request({ training, iteration }: RenderedLoop): Promise<void> {
    const { step } = training;
    let groups: PendingRender['groups'];
    try {
      groups = await training.drawn((live) => new EncodedBytes(step, live));
    } catch (error) {
      this.#log.warn({ step, err: error }, 'sample not rendered');
      if (this.#pending === undefined) this.#idle.resolve();
      return;
    }
    const render = { step, iteration, groups, failed: new Set<string>(), session: undefined };
    this.#idle = new Deferred();
    if (this.#isUnderWay) this.#next = render;
    else this.#pending = render;
    this.seek();
  }

  /** Gives the pending render to an active session, unless one is at it. */
  seek(): void {
    const pending = this.#pending;
    if (pending === undefined || this.#isUnderWay) return;
    const isFree = ({ id, state }: Session) => state === 'active' && !pending.failed.has(id);
    const session = [...this.#sessions].find(isFree);
    pending.session = session;
    const { step, iteration } = pending;
    session?.link.send({ render: { step, iteration, groups: [...pending.groups.keys()] } });
  }

  /** Another one tries; when nobody is left who has not, it is given up. */
  failed(session: Session, step: number, message: string): void {
    const pending = this.#pending;
    if (pending === undefined || pending.session !== session || pending.step !== step) return;
    this.#log.warn({ step, worker: session.hello.workerId, message }, 'sample not rendered');
    pending.session = undefined;
    pending.failed.add(session.id);
    this.seek();
    if (!this.#isUnderWay) this.#finish(pending);
  }

  /** @throws RefusedError 'stale-version' | 'unknown-group' */
  bytesOf(step: number, group: string, kind: 'ema' | 'statistics'): PublishedBytes {
    const pending = this.#pending;
    if (pending?.step !== step) {
      const field = `version (${kind}: the step of the pending render)`;
      throw RefusedError.mismatch('stale-version', field, step, pending?.step ?? 'none');
    }
    const bytes = pending.groups.get(group)?.[kind];
    if (bytes === undefined) {
      throw RefusedError.mismatch('unknown-group', 'group', group, [...pending.groups.keys()]);
    }
    return bytes;
  }

  /** @returns false when another grid is wanted by now. @throws RefusedError 'bad-image' */
  async deliver(step: number, png: Uint8Array): Promise<boolean> {
    checkPng(png);
    const pending = this.#pending;
    if (pending?.step !== step) return false;
    try {
      this.#latest = await this.#folder.keepSample(pending.iteration, png);
      this.#events.record({
        type: 'sample.rendered',
        step,
        iteration: pending.iteration,
        path: this.#latest,
      });
    } finally {
      this.#finish(pending);
    }
    return true;
  }

  /** Draws the run's last grid. Resolves when it is drawn, or will not be. */
  async drawLast(loop: RenderedLoop): Promise<void> {
    await this.request(loop);
    await this.#idle.promise;
  }

  get #isUnderWay(): boolean {
    const session = this.#pending?.session;
    return session !== undefined && !session.isGone;
  }

  #finish(done: PendingRender): void {
    if (this.#pending !== done) return;
    this.#pending = this.#next;
    this.#next = undefined;
    if (this.#pending === undefined) this.#idle.resolve();
    else this.seek();
  }
}
