import { ignore, ignoring } from '@atelier/shared/async/ignoring';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { EventLog } from '../events/event-log.ts';
import type { RunIdentity } from '../identity/run-identity.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import type { ReducerLink } from './reducer-link.ts';
import { ReducerSet, ReducersLostError } from './reducer-set.ts';

export interface RunReducersModules {
  readonly events: EventLog;
  readonly newId: () => string;
  readonly owner: {
    /** As many are here as are wanted, and hold nothing. */
    gathered(): void;
    /** What they held, or were about to hold, is lost. */
    lost(): void;
    /** They hold the state of a step. */
    whole(step: number): void;
    failed(error: unknown): void;
    /** A copy of the state, on its way to a checkpoint: resolves when that is durable. */
    save(): Promise<unknown>;
  };
}

/** The reducers of a run, as they come and go: tells when enough are here, and gives them the state to hold. */
export class RunReducers {
  readonly set: ReducerSet;
  readonly #run: { readonly config: RunConfig; readonly identity: RunIdentity };
  readonly #modules: RunReducersModules;
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
      onGone: ({ id: reducer }, reason) => {
        if (!this.#isOver) modules.events.record({ type: 'reducer.lost', reducer, reason });
      },
      onLost: () => {
        modules.owner.lost();
        this.#tellGathered();
      },
    });
  }

  get isFormed(): boolean {
    return this.set.formation !== undefined;
  }

  /** Why the run waits, for a person. */
  get waitingFor(): string {
    return `for reducers: ${this.set.present.length} of ${this.set.numWanted} are connected`;
  }

  /** What they hold is not wanted any more. */
  dissolve(): void {
    this.set.dissolve();
    this.#tellGathered();
  }

  /** Gives them the state; tells whether they hold it. Never rejects. */
  async hold(definition: RunDefinition, snapshot: RunSnapshot): Promise<void> {
    const { config, identity } = this.#run;
    const { owner } = this.#modules;
    this.#isForming = true;
    try {
      await this.set.form({ runId: identity.runId, config, definition }, snapshot);
    } catch (error) {
      if (!(error instanceof ReducersLostError)) owner.failed(error);
    }
    this.#isForming = false;
    if (this.#isOver) return;
    if (this.isFormed) owner.whole(snapshot.step);
    else owner.lost();
    // One may have gone, and another come, meanwhile.
    this.#tellGathered();
  }

  add(link: ReducerLink): void {
    // Its earlier stream is dead, although that is not known yet; nothing tells what the reducer holds by now.
    const former = this.set.present.find(({ id }) => id === link.id);
    if (former !== undefined) this.remove(former, 'it joined again');
    this.set.add(link);
    this.#modules.events.record({ type: 'reducer.joined', reducer: link.id, address: link.address });
    this.#tellGathered();
  }

  /** Its stream is over, whoever ended it. */
  remove(link: ReducerLink, reason: string): void {
    this.set.remove(link, reason);
  }

  /**
   * Lets it go when what it holds is kept; until then no step is committed, so that the run goes back none. A run that is
   * ending keeps its last state itself: a reducer that holds some of it goes when all do.
   */
  async drain(link: ReducerLink): Promise<void> {
    const isHolding = this.set.formation?.links.includes(link) === true;
    try {
      if (isHolding) {
        const saved = this.#modules.owner.save();
        void ignoring(saved, 'it is awaited when its turn comes, and may be refused before');
        await this.set.exclusively(() => saved);
      }
    } catch (error) {
      if (error instanceof RefusedError && error.code === 'stopping') return;
      ignore(error, 'whoever saves has told: the state is in memory, or the formation is lost anyway');
    }
    link.release();
    this.remove(link, 'drained');
  }

  /** Nothing is formed any more. */
  stop(stop: { readonly reason: string; readonly reconnect: boolean }): void {
    this.#isOver = true;
    this.set.stopAll(stop);
  }

  #tellGathered(): void {
    if (this.#isForming || this.#isOver || this.isFormed) return;
    if (this.set.present.length >= this.set.numWanted) this.#modules.owner.gathered();
  }
}
