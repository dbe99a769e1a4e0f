import { RefusedError } from '../run/refused-error.ts';
import type { HeldSlice } from './held-slice.ts';

/** What a reducer process has: one slice at most, and what it counts. */
export class SliceHolder {
  readonly receivedBytes = new Map<string, number>();
  readonly sentBytes = new Map<string, number>();
  #slice: HeldSlice | undefined;

  get slice(): HeldSlice | undefined {
    return this.#slice;
  }

  /** Takes the place of what was held: nodes that are on their way to that are refused. */
  hold(slice: HeldSlice): void {
    this.#slice = slice;
  }

  /** @throws RefusedError 'not-ready' | 'wrong-incarnation' */
  of(formation: string): HeldSlice {
    if (this.#slice === undefined) throw new RefusedError('not-ready', 'this reducer holds nothing yet');
    const wanted = this.#slice.order.formation;
    if (formation !== wanted)
      throw RefusedError.mismatch('wrong-incarnation', 'formation', formation, wanted);
    return this.#slice;
  }

  received(kind: string, numBytes: number): void {
    this.receivedBytes.set(kind, (this.receivedBytes.get(kind) ?? 0) + numBytes);
  }

  sent(kind: string, numBytes: number): void {
    this.sentBytes.set(kind, (this.sentBytes.get(kind) ?? 0) + numBytes);
  }
}
