import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { RunMeter } from '../meter/run-meter.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import type { Checkpointer, SavedCheckpoint } from '../storage/checkpointer.ts';
import { whenAvailable } from '../storage/when-available.ts';
import type { Training } from '../training/training.ts';
import { type CheckpointedRun, createRunCheckpointer } from './run-checkpointer.ts';
import type { RunModules } from './run-modules.ts';

/** Copies of a run's state, to a store and back. There are none before the model is known. */
export class RunCheckpoints {
  readonly #modules: RunModules & { readonly meter: RunMeter };
  readonly #storeWaitMs: number;
  #checkpointer: Checkpointer | undefined;

  /** @param options.storeWaitMs how long a store that is away is waited for when a checkpoint is read */
  constructor(options: { readonly storeWaitMs: number }, modules: RunModules & { readonly meter: RunMeter }) {
    this.#storeWaitMs = options.storeWaitMs;
    this.#modules = modules;
  }

  /** Step of the newest durable one; -1 for none. */
  get newestStep(): number {
    return this.#checkpointer?.newestStep ?? -1;
  }

  open(run: CheckpointedRun): void {
    this.#checkpointer = createRunCheckpointer(run, this.#modules);
  }

  /** The newest good one, or undefined if there is none. @throws ObjectStoreError */
  async load(): Promise<RunSnapshot | undefined> {
    const checkpointer = this.#checkpointer;
    if (checkpointer === undefined) return undefined;
    const { store, clock, log } = this.#modules;
    const waitMs = this.#storeWaitMs;
    // A large state takes as long as it takes.
    return whenAvailable(store, () => checkpointer.loadNewestGood(), { waitMs, clock, log });
  }

  /** Copies the state as it is now. Resolves when it is durable. @throws RefusedError 'not-ready', ObjectStoreError, ReducersLostError */
  async save(training: Training): Promise<SavedCheckpoint> {
    if (!training.hasParameters) throw new RefusedError('not-ready', 'the run has no parameters yet');
    return this.saveCopy(training.step, () => training.snapshot());
  }

  /** As `save`, of a copy that is to be had in another way. */
  async saveCopy(step: number, take: () => Promise<RunSnapshot>): Promise<SavedCheckpoint> {
    if (this.#checkpointer === undefined)
      throw new RefusedError('not-ready', 'the run has no model yet: start a worker');
    return this.#checkpointer.save(await this.#modules.meter.snapshot(step, take));
  }

  /**
   * Saves the last state, if there is one to be saved, and what could not be saved before; half of a checkpoint is not left
   * behind. Resolves when nothing is written any more.
   * @param patienceMs for the copy, where reducers have to be asked, and then for the store
   */
  async finish(training: Training | undefined, patienceMs: number): Promise<void> {
    await this.#checkpointer?.finish(await this.#lastOf(training, patienceMs), patienceMs);
  }

  async #lastOf(training: Training | undefined, patienceMs: number): Promise<RunSnapshot | undefined> {
    if (training?.hasParameters !== true) return undefined;
    const { clock, log, meter } = this.#modules;
    const { step } = training;
    const copied = new AbortController();
    const late = clock.sleep(patienceMs, copied.signal).then(() => {
      if (!copied.signal.aborted) throw new Error(`it was not there after ${patienceMs / 1000} s`);
      return undefined;
    });
    try {
      return await Promise.race([meter.snapshot(step, () => training.snapshot()), late]);
    } catch (error) {
      log.error({ step, err: error }, 'the last state could not be copied');
      return undefined;
    } finally {
      copied.abort();
    }
  }
}
