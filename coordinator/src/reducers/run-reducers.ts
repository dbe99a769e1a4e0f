import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { EventLog } from '../events/event-log.ts';
import type { RunIdentity } from '../identity/run-identity.ts';
import type { ReducerLink } from './reducer-link.ts';
import { ReducerSet, ReducersLostError } from './reducer-set.ts';

export interface RunReducersModules {
  readonly events: EventLog;
  readonly newId: () => string;
  readonly owner: {
    /** The newest good checkpoint. */
    load(): Promise<RunSnapshot | undefined>;
    /** A copy of the state, on its way to a checkpoint: resolves when that is durable, or will not be. */
    save(): Promise<unknown>;
    /** The reducers hold the state. @param isRollback the run was further */
    formed(snapshot: RunSnapshot, isRollback: boolean): void;
    failed(error: unknown): void;
  };
}

/**
 * Sees to it that a run is held by reducers: by as many as its config wants, as soon as so many are here, from the state
 * that it begins with and after a loss from its newest checkpoint.
 */
export class RunReducers {
  readonly set: ReducerSet;
  readonly #run: { readonly config: RunConfig; readonly identity: RunIdentity };
  readonly #modules: RunReducersModules;
  #definition: RunDefinition | undefined;
  /** What the next formation is to hold; undefined: the newest checkpoint, once there was a formation. */
  #next: { readonly snapshot: RunSnapshot; readonly isRollback: boolean } | undefined;
  #hasFormed = false;
  #isForming = false;
  #isOver = false;

  constructor(
    run: { readonly config: RunConfig; readonly identity: RunIdentity },
    modules: RunReducersModules,
  ) {
    this.#run = run;
    this.#modules = modules;
    this.set = new ReducerSet(run.config.reducers, {
      newId: modules.newId,
      onLost: () => void this.#seek(),
    });
  }

  get isFormed(): boolean {
    return this.set.formation !== undefined;
  }

  /** Why the run waits, for a person. */
  get waitingFor(): string {
    return `for reducers: ${this.set.present.length} of ${this.set.numWanted} are here`;
  }

  /** The state that this life of the run begins with. */
  begin(definition: RunDefinition, snapshot: RunSnapshot | undefined): void {
    this.#definition = definition;
    this.#next = snapshot && { snapshot, isRollback: false };
    void this.#seek();
  }

  /** The state is to be another than the one that they hold. */
  goBackTo(snapshot: RunSnapshot): void {
    this.#next = { snapshot, isRollback: true };
    this.set.dissolve();
    void this.#seek();
  }

  add(link: ReducerLink): void {
    this.set.add(link);
    this.#modules.events.record({ type: 'reducer.joined', reducer: link.id, address: link.address });
    void this.#seek();
  }

  /** Its stream is over, whoever ended it. */
  remove(link: ReducerLink, reason: string): void {
    if (!this.set.present.includes(link)) return;
    if (!this.#isOver) this.#modules.events.record({ type: 'reducer.lost', reducer: link.id, reason });
    this.set.remove(link, reason);
  }

  /** Lets it go when what it holds is kept; until then no step is committed, so that the run goes back none. */
  async drain(link: ReducerLink): Promise<void> {
    const isHolding = this.set.formation?.links.includes(link) === true;
    try {
      if (isHolding) {
        const saved = this.#modules.owner.save();
        await this.set.exclusively(() => saved);
      }
    } catch {
      // Told by whoever saves: the state is in memory, or the formation is lost anyway.
    }
    link.release();
    this.remove(link, 'drained');
  }

  /** Nothing is formed any more. */
  stop(stop: { readonly reason: string; readonly reconnect: boolean }): void {
    this.#isOver = true;
    this.set.stopAll(stop);
  }

  async #seek(): Promise<void> {
    const definition = this.#definition;
    if (definition === undefined || this.#isForming || this.#isOver || this.isFormed) return;
    if (this.set.present.length < this.set.numWanted) return;
    if (this.#next === undefined && !this.#hasFormed) return;
    const { config, identity } = this.#run;
    this.#isForming = true;
    try {
      const { snapshot, isRollback } = this.#next ?? (await this.#loaded());
      await this.set.form({ runId: identity.runId, config, definition }, snapshot);
      if (!this.isFormed || this.#isOver) return;
      this.#next = undefined;
      this.#hasFormed = true;
      this.#modules.owner.formed(snapshot, isRollback);
    } catch (error) {
      if (!(error instanceof ReducersLostError)) this.#modules.owner.failed(error);
    } finally {
      this.#isForming = false;
    }
    // One may have gone, and another come, meanwhile.
    await this.#seek();
  }

  async #loaded(): Promise<{ readonly snapshot: RunSnapshot; readonly isRollback: true }> {
    const snapshot = await this.#modules.owner.load();
    if (snapshot === undefined)
      throw new Error('reducers were lost, and there is no checkpoint to go back to');
    return { snapshot, isRollback: true };
  }
}
