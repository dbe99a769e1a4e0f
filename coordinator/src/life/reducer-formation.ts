import type { LifeDecision } from './life-types.ts';

/** What the reducers are to be given next. */
type Offer = 'beginning' | 'rollback';

/**
 * How the state of training gets to the reducers: gathering -> forming (it is being given to them) -> formed, and back to
 * gathering when one is lost. A formation that was lost is made again from the newest checkpoint.
 */
export class ReducerFormation {
  #kind: 'gathering' | 'forming' | 'formed' = 'gathering';
  /** Whether enough are here. */
  #isGathered = false;
  #hasFormed = false;
  #offer: Offer | undefined;

  get isFormed(): boolean {
    return this.#kind === 'formed';
  }

  /** There is a state for them, other than what they hold. */
  offer(offer: Offer): LifeDecision[] {
    this.#offer = offer;
    const held: LifeDecision[] = this.isFormed ? [{ type: 'dissolve' }] : [];
    if (this.isFormed) this.#kind = 'gathering';
    return [...held, ...this.#seek()];
  }

  gathered(): LifeDecision[] {
    this.#isGathered = true;
    return this.#seek();
  }

  /** One that held a part of the state is gone, or did not take it. */
  lost(): void {
    this.#kind = 'gathering';
    this.#isGathered = false;
  }

  /** @returns whether the state is an earlier one than training had come to; undefined: not what is wanted any more */
  formed(): { readonly isRollback: boolean } | undefined {
    if (this.#kind !== 'forming') return undefined;
    const isRollback = this.#offer === 'rollback';
    this.#kind = 'formed';
    this.#hasFormed = true;
    this.#offer = undefined;
    return { isRollback };
  }

  #seek(): LifeDecision[] {
    if (this.#kind !== 'gathering' || !this.#isGathered) return [];
    if (this.#offer !== undefined) {
      this.#kind = 'forming';
      return [{ type: 'hold' }];
    }
    return this.#hasFormed
      ? [{ type: 'load', reason: 'a reducer was lost, and enough others are connected' }]
      : [];
  }
}
