import type { Logger } from 'pino';
import type { EventLog } from './event-log.ts';
import { type PublishedBytes, publish } from './published-parameters.ts';
import { RefusedError } from './refused-error.ts';
import type { RunFolder } from './run-folder.ts';
import { checkPng } from './sample-png.ts';
import type { Session } from './session.ts';
import type { TrainingLoop } from './training-loop.ts';

const MOST_FAILURES = 3;

interface PendingRender {
  readonly step: number;
  readonly iteration: number;
  readonly groups: ReadonlyMap<string, Readonly<Record<'ema' | 'statistics', PublishedBytes>>>;
  readonly failed: Set<string>;
  session: Session | undefined;
  numFailures: number;
}

/**
 * Sample grids, drawn by one worker beside its share of the steps. Training goes on meanwhile, so a copy of what is
 * to be drawn is kept. One is pending at a time: a newer one takes the place of one that nobody has drawn yet.
 */
export class SampleRendering {
  readonly #folder: RunFolder;
  readonly #events: EventLog;
  readonly #log: Logger;
  #pending: PendingRender | undefined;
  #settle: (() => void) | undefined;
  #latest = '';

  constructor(modules: { readonly folder: RunFolder; readonly events: EventLog; readonly log: Logger }) {
    this.#folder = modules.folder;
    this.#events = modules.events;
    this.#log = modules.log;
  }

  /** The newest grid's path in the run's folder; '' for none. */
  get latest(): string {
    return this.#latest;
  }

  /** Keeps a copy of the state as it is now. `ema` are the parameters where a group has no moving average. */
  request({
    training,
    definition,
    iteration,
  }: Pick<TrainingLoop, 'training' | 'definition' | 'iteration'>): void {
    if (this.#pending !== undefined) {
      this.#log.info({ step: this.#pending.step }, 'sample passed over for a newer one');
    }
    const { step } = training;
    const keep = (group: string, kind: 'ema' | 'statistics') => publish(step, training.bytesOf(group, kind));
    const groups = new Map(
      definition.groups.map(({ name }) => [
        name,
        { ema: keep(name, 'ema'), statistics: keep(name, 'statistics') },
      ]),
    );
    this.#pending = { step, iteration, groups, failed: new Set(), session: undefined, numFailures: 0 };
  }

  /** Gives the pending render to an active session, unless one is at it. */
  seek(sessions: Iterable<Session>): void {
    const pending = this.#pending;
    if (pending === undefined || (pending.session !== undefined && pending.session.state !== 'gone')) return;
    const active = [...sessions].filter(({ isActive }) => isActive);
    const session = active.find(({ id }) => !pending.failed.has(id)) ?? active.at(0);
    pending.session = session;
    const { step, iteration } = pending;
    session?.link.send({ render: { step, iteration, groups: [...pending.groups.keys()] } });
  }

  failed(session: Session, step: number, message: string): void {
    const pending = this.#pending;
    if (pending === undefined || pending.session !== session || pending.step !== step) return;
    this.#log.warn({ step, worker: session.hello.workerId, message }, 'sample not rendered');
    pending.session = undefined;
    pending.failed.add(session.id);
    pending.numFailures += 1;
    if (pending.numFailures < MOST_FAILURES) return;
    this.#pending = undefined;
    this.#settle?.();
  }

  /** @throws RefusedError 'stale-version' | 'unknown-group' */
  bytesOf(step: number, group: string, kind: 'ema' | 'statistics'): PublishedBytes {
    if (this.#pending?.step !== step) {
      throw RefusedError.mismatch(
        'stale-version',
        `version (${kind}: of the pending render)`,
        step,
        this.#pending?.step ?? 'none',
      );
    }
    const bytes = this.#pending.groups.get(group)?.[kind];
    if (bytes === undefined)
      throw RefusedError.mismatch('unknown-group', 'group', group, [...this.#pending.groups.keys()]);
    return bytes;
  }

  /** @returns false when another grid is wanted by now. @throws RefusedError 'bad-image' */
  async deliver(step: number, png: Uint8Array): Promise<boolean> {
    checkPng(png);
    const pending = this.#pending;
    if (pending?.step !== step) return false;
    this.#pending = undefined;
    try {
      this.#latest = await this.#folder.keepSample(pending.iteration, png);
    } finally {
      this.#settle?.();
    }
    this.#events.record({ type: 'sample.rendered', step, iteration: pending.iteration, path: this.#latest });
    return true;
  }

  /** When nothing is pending any more, which may be never: the caller sets a deadline. */
  settled(): Promise<void> {
    if (this.#pending === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }
}
