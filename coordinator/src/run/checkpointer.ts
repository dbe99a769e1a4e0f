import { MANIFEST } from '@atelier/shared/checkpoint/checkpoint-key';
import {
  type DamagedCheckpoint,
  listCheckpoints,
  loadNewestGood,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import { type CheckpointMeta, writeCheckpoint } from '@atelier/shared/checkpoint/checkpoint-writer';
import type { ObjectStore } from '@atelier/shared/checkpoint/object-store';
import { decideRetention, type RetentionPolicy } from '@atelier/shared/checkpoint/retention';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';

export interface SavedCheckpoint {
  readonly step: number;
  /** The store's location and the key in it. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** What the world is told; none of these may throw. */
export interface CheckpointObserver {
  saved(checkpoint: SavedCheckpoint): void;
  /** The state is not lost: the next checkpoint, or `flush`, tries again. */
  failed(step: number, error: unknown): void;
  damaged(checkpoint: DamagedCheckpoint): void;
  deleted(step: number): void;
  /** Old checkpoints could not be cleared away; the new one is safe. */
  notDeleted(error: unknown): void;
}

export interface CheckpointerModules {
  readonly store: ObjectStore;
  readonly observer: CheckpointObserver;
  /** What the next manifest says besides the tensors. */
  readonly describe: () => CheckpointMeta;
  /** A checkpoint must not survive a power failure that the lines of its steps do not survive. */
  readonly journal: { sync(): Promise<void> };
}

interface Request {
  readonly snapshot: RunSnapshot;
  readonly waiting: { resolve(saved: SavedCheckpoint): void; reject(error: unknown): void }[];
}

/**
 * Writes snapshots while training goes on: one at a time, and of those that wait only the newest, so that a slow or
 * absent store costs the memory of two snapshots and no time of the run.
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

  /** When nothing is being written any more and, what had failed, has been tried once again. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#unsaved) await this.save(this.#unsaved).catch(() => {});
    await this.#writing;
  }

  /** @throws ObjectStoreError 'unavailable' */
  async loadNewestGood(): Promise<RunSnapshot | undefined> {
    await this.#writing;
    const { checkpoint, damaged } = await loadNewestGood(this.#modules.store);
    for (const found of damaged) {
      this.#damaged.add(found.step);
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
    const { store, observer, describe, journal } = this.#modules;
    const { step } = snapshot;
    try {
      await journal.sync();
      const { key, sizeBytes } = await writeCheckpoint(store, snapshot, describe());
      this.#unsaved = undefined;
      this.#newestStep = step;
      this.#damaged.delete(step);
      const saved = { step, path: `${store.location}/${key.slice(0, -1)}`, sizeBytes };
      observer.saved(saved);
      for (const caller of waiting) caller.resolve(saved);
    } catch (error) {
      this.#unsaved = snapshot;
      observer.failed(step, error);
      for (const caller of waiting) caller.reject(error);
      return;
    }
    await this.#retain().catch((error: unknown) => observer.notDeleted(error));
  }

  async #retain(): Promise<void> {
    const { store, observer } = this.#modules;
    const listed = await listCheckpoints(store);
    const checkpoints = listed.map(({ step, hasManifest }) => ({
      step,
      isGood: hasManifest && !this.#damaged.has(step),
    }));
    for (const step of decideRetention(checkpoints, this.#policy)) {
      const key = listed.find((checkpoint) => checkpoint.step === step)?.key ?? '';
      // The manifest first: half a checkpoint must not look like one.
      await store.remove(`${key}${MANIFEST}`);
      for (const objectKey of await store.list(key)) await store.remove(objectKey);
      this.#damaged.delete(step);
      observer.deleted(step);
    }
  }
}
