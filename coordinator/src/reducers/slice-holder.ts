import type { Transport } from '@atelier/shared/memory/transport';
import { ByteCounts } from '../meter/byte-counts.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import type { HeldSlice } from './held-slice.ts';

export type SliceForm = 'parameters' | 'difference';

/** What a reducer process has: one slice at most, and what it counts. */
export class SliceHolder {
  readonly receivedBytes: ByteCounts<'node'> = new ByteCounts(['node']);
  readonly sentBytes: ByteCounts<SliceForm> = new ByteCounts(['parameters', 'difference']);
  #slice: HeldSlice | undefined;

  get slice(): HeldSlice | undefined {
    return this.#slice;
  }

  /** Takes the place of what was held: nodes that are on their way to that are refused. */
  hold(slice: HeldSlice): void {
    this.#slice?.published.close();
    this.#slice = slice;
  }

  /** @throws RefusedError 'not-ready' | 'wrong-incarnation' */
  of(formation: string): HeldSlice {
    if (this.#slice === undefined) throw new RefusedError('not-ready', 'this reducer has no slice yet');
    const wanted = this.#slice.order.formation;
    if (formation !== wanted)
      throw RefusedError.mismatch('wrong-incarnation', 'formation', formation, wanted);
    return this.#slice;
  }

  received(numBytes: number, transport: Transport): void {
    this.receivedBytes.add('node', transport, numBytes);
  }

  sent(form: SliceForm, numBytes: number, transport: Transport): void {
    this.sentBytes.add(form, transport, numBytes);
  }
}
