import type { RunSnapshot } from '@atelier/shared/layout/group-state';

/** A loss or gradient was not finite, and the run cannot go on. Its state is as before the step. */
export class NonFiniteError extends Error {
  override readonly name = 'NonFiniteError';
  readonly code = 'non-finite';
}

/**
 * What is done about a step whose result was not finite. Going back helps if a machine erred; if it was the
 * mathematics, the same bits come again: so a step that fails twice fails the run.
 */
export class NonFinitePolicy {
  readonly #policy: 'fail' | 'rollback';
  #failedStep: number | undefined;

  constructor(policy: 'fail' | 'rollback') {
    this.#policy = policy;
  }

  /** @returns the state to go back to. @throws NonFiniteError, and what `load` throws */
  async decide(
    step: number,
    what: string,
    load: () => Promise<RunSnapshot | undefined>,
  ): Promise<RunSnapshot> {
    if (this.#policy === 'fail')
      throw new NonFiniteError(`non-finite ${what}: see onNonFinite in the config`);
    if (this.#failedStep === step) {
      throw new NonFiniteError(`non-finite ${what}, again after going back to a checkpoint`);
    }
    this.#failedStep = step;
    const snapshot = await load();
    if (snapshot === undefined) {
      throw new NonFiniteError(`non-finite ${what}, and there is no checkpoint to go back to`);
    }
    return snapshot;
  }
}
