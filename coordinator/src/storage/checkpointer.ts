import { ignoring } from '@atelier/shared/async/ignoring';
import { MANIFEST } from '@atelier/shared/checkpoint/checkpoint-key';
import {
  type DamagedCheckpoint,
  listCheckpoints,
  loadNewestGood,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import { type CheckpointMeta, writeCheckpoint } from '@atelier/shared/checkpoint/checkpoint-writer';
import { decideRetention, type RetentionPolicy } from '@atelier/shared/checkpoint/retention';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { ObjectStore } from '@atelier/shared/store/object-store';
import type { Clock, Timer } from '@atelier/shared/time/clock';

/** Why a failed save needs no other word. */
const TOLD = 'the observer has been told, and the state waits to be saved again';

export interface SavedCheckpoint {
  readonly step: number;
  /** The store's location and the key in it. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** What the world is told; none of these may throw. */
export interface CheckpointObserver {
  saved(checkpoint: SavedCheckpoint): void;
  /** The state is not lost: it is tried again, or a newer one. */
  failed(step: number, error: unknown): void;
  /** The store did not take the last state in time: the fallback has. */
  keptAside(checkpoint: SavedCheckpoint): void;
  damaged(checkpoint: DamagedCheckpoint): void;
  deleted(step: number): void;
  /** Old checkpoints could not be cleared away; the new one is safe. */
  notDeleted(error: unknown): void;
}

export interface CheckpointerModules {
  readonly store: ObjectStore;
  /** For the last state, when the store does not take it. */
  readonly fallback?: ObjectStore | undefined;
  /** Where checkpoints of the run may lie, too: they are loaded from there, and left. */
  readonly elsewhere?: readonly ObjectStore[];
  readonly clock: Clock;
  readonly observer: CheckpointObserver;
  /** What the next manifest says besides the tensors. */
  readonly describe: () => CheckpointMeta;
  /** A checkpoint must not survive a power failure that the lines of its steps do not survive. */
  readonly journal: { sync(): Promise<void> };
  /** Nor must it lie in a bucket without them. */
  readonly archive?: { save(signal: AbortSignal): Promise<void> } | undefined;
}

interface Request {
  readonly snapshot: RunSnapshot;
  readonly waiting: { resolve(saved: SavedCheckpoint): void; reject(error: unknown): void }[];
}

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/**
 * Writes snapshots while training goes on: one at a time, and of those that wait only the newest, so that a slow or
 * absent store costs the memory of two snapshots and no time of the run. What could not be written is tried again, later
 * each time, until it or a newer one is durable.
 */
export class Checkpointer {
  readonly #policy: RetentionPolicy;
  readonly #modules: CheckpointerModules;
  readonly #damaged = new Set<number>();
  #pending: Request | undefined;
  #writing: Promise<void> | undefined;
  /** Newest state that should have been saved and was not. */
  #unsaved: RunSnapshot | undefined;
  #newestStep: number | undefined;
  readonly #late = new AbortController();
  #retry: Timer | undefined;
  #numFailures = 0;

  constructor(policy: RetentionPolicy, modules: CheckpointerModules) {
    this.#policy = policy;
    this.#modules = modules;
  }

  /** Step of the newest checkpoint known to be good and durable. */
  get newestStep(): number | undefined {
    return this.#newestStep;
  }

  /**
   * Saves the snapshot, or a newer one that comes before its turn.
   * @returns when that is durable; rejects when it could not be written
   */
  save(snapshot: RunSnapshot): Promise<SavedCheckpoint> {
    return new Promise((resolve, reject) => {
      const waiting = [...(this.#pending?.waiting ?? []), { resolve, reject }];
      this.#pending = { snapshot, waiting };
      this.#writing ??= this.#writeAll();
    });
  }

  /**
   * Saves the last snapshot, if one is given, else what could not be saved before: tries again until the time is up, and
   * then puts it into the fallback. Resolves when nothing is being written or cleared away any more.
   */
  async finish(snapshot: RunSnapshot | undefined, patienceMs: number): Promise<void> {
    const { clock } = this.#modules;
    const { signal } = this.#late;
    const timer = clock.setTimeout(() => this.#late.abort(), patienceMs);
    if (snapshot !== undefined) void ignoring(this.save(snapshot), TOLD);
    await this.#writing;
    while (this.#unsaved !== undefined && !signal.aborted) {
      await ignoring(this.save(this.#unsaved), TOLD);
      if (this.#numFailures > 0) await clock.sleep(this.#retryMs, signal);
    }
    timer.cancel();
    this.#retry?.cancel();
    await this.#writing;
    if (this.#unsaved !== undefined) await this.#keepAside(this.#unsaved);
  }

  /**
   * The newest good checkpoint, or a newer state that still waits to become one.
   * @throws ObjectStoreError
   */
  async loadNewestGood(): Promise<RunSnapshot | undefined> {
    await this.#writing;
    if (this.#unsaved !== undefined) return this.#unsaved;
    const { store, elsewhere = [] } = this.#modules;
    const { checkpoint, damaged } = await loadNewestGood([store, ...elsewhere]);
    for (const found of damaged) {
      if (found.location === store.location) this.#damaged.add(found.step);
      this.#modules.observer.damaged(found);
    }
    this.#newestStep = checkpoint?.snapshot.step;
    return checkpoint?.snapshot;
  }

  async #writeAll(): Promise<void> {
    for (let request = this.#pending; request !== undefined; request = this.#pending) {
      this.#pending = undefined;
      await this.#write(request);
    }
    this.#writing = undefined;
  }

  async #write({ snapshot, waiting }: Request): Promise<void> {
    const { store, observer, describe, journal, archive } = this.#modules;
    const { signal } = this.#late;
    const { step } = snapshot;
    try {
      await journal.sync();
      await archive?.save(signal);
      const { key, sizeBytes } = await writeCheckpoint(store, snapshot, describe(), signal);
      this.#unsaved = undefined;
      this.#numFailures = 0;
      this.#retry?.cancel();
      this.#newestStep = step;
      this.#damaged.delete(step);
      const saved = { step, path: pathOf(store, key), sizeBytes };
      observer.saved(saved);
      for (const caller of waiting) caller.resolve(saved);
    } catch (error) {
      this.#unsaved = snapshot;
      this.#numFailures += 1;
      this.#tryLater();
      observer.failed(step, error);
      for (const caller of waiting) caller.reject(error);
      return;
    }
    await this.#retain().catch((error: unknown) => observer.notDeleted(error));
  }

  get #retryMs(): number {
    return Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#numFailures - 1));
  }

  #tryLater(): void {
    this.#retry?.cancel();
    const retry = (): void => {
      // A newer one that is on its way takes its place.
      if (this.#unsaved !== undefined && this.#writing === undefined)
        void ignoring(this.save(this.#unsaved), TOLD);
    };
    this.#retry = this.#modules.clock.setTimeout(retry, this.#retryMs).unref();
  }

  async #keepAside(snapshot: RunSnapshot): Promise<void> {
    const { fallback, observer, describe, journal } = this.#modules;
    if (fallback === undefined) return;
    const { step } = snapshot;
    try {
      await journal.sync();
      const { key, sizeBytes } = await writeCheckpoint(fallback, snapshot, describe());
      this.#unsaved = undefined;
      this.#newestStep = step;
      observer.keptAside({ step, path: pathOf(fallback, key), sizeBytes });
    } catch (error) {
      observer.failed(step, error);
    }
  }

  /** Old ones go once the new one is durable. */
  async #retain(): Promise<void> {
    const { store, observer } = this.#modules;
    const { signal } = this.#late;
    const listed = await listCheckpoints(store, signal);
    const checkpoints = listed.map(({ step, hasManifest }) => ({
      step,
      isGood: hasManifest && !this.#damaged.has(step),
    }));
    for (const step of decideRetention(checkpoints, this.#policy)) {
      const key = listed.find((checkpoint) => checkpoint.step === step)?.key ?? '';
      // The manifest first: half a checkpoint must not look like one.
      await store.remove(`${key}${MANIFEST}`, signal);
      for (const objectKey of await store.list(key, signal)) await store.remove(objectKey, signal);
      this.#damaged.delete(step);
      observer.deleted(step);
    }
  }
}

function pathOf({ location }: ObjectStore, key: string): string {
  return `${location}/${key.slice(0, -1)}`;
}
