import { CheckpointError } from '@atelier/shared/checkpoint/checkpoint-error';
import {
  type LoadedCheckpoint,
  listCheckpoints,
  readCheckpoint,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import type { ObjectStore } from '@atelier/shared/store/object-store';

export interface NewCheckpointsOptions {
  /** 0: every checkpoint is wanted. Else those of a multiple, and the last. */
  readonly everyIterations: number;
  /** Of the whole run. */
  readonly numIterations: number;
}

/** The checkpoints of a run under way that are to be measured. */
export class NewCheckpoints {
  readonly #options: NewCheckpointsOptions;
  readonly #store: ObjectStore;
  /** How many steps an iteration has: the first checkpoint says it. */
  #numPhases: number | undefined;

  constructor(options: NewCheckpointsOptions, modules: { readonly store: ObjectStore }) {
    this.#options = options;
    this.#store = modules.store;
  }

  /**
   * The newest wanted one after the step. Undefined also for one that was deleted, or is still being written, while it was
   * looked at: another comes.
   * @throws ObjectStoreError
   */
  async newestAfter(step: number): Promise<LoadedCheckpoint | undefined> {
    const listed = await listCheckpoints(this.#store);
    for (const candidate of listed.filter(({ hasManifest }) => hasManifest)) {
      if (candidate.step <= step) break;
      if (!this.#isWanted(candidate.step)) continue;
      const checkpoint = await this.#read(candidate.step);
      if (checkpoint === undefined) return undefined;
      this.#numPhases = checkpoint.manifest.definition.phases.length;
      if (this.#isWanted(candidate.step)) return checkpoint;
    }
    return undefined;
  }

  #isWanted(step: number): boolean {
    const { everyIterations, numIterations } = this.#options;
    if (this.#numPhases === undefined || everyIterations === 0) return true;
    const iteration = step / this.#numPhases;
    return iteration >= numIterations || (iteration > 0 && iteration % everyIterations === 0);
  }

  async #read(step: number): Promise<LoadedCheckpoint | undefined> {
    try {
      return await readCheckpoint(this.#store, step);
    } catch (error) {
      if (error instanceof CheckpointError) return undefined;
      throw error;
    }
  }
}
