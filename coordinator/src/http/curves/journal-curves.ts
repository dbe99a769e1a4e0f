import { ignoring } from '@atelier/shared/async/ignoring';
import { JournalFollower } from '@atelier/shared/journal/journal-follower';
import { type CurvePoints, RunCurves } from './run-curves.ts';

/**
 * The curves of a run under way. The journal is read when somebody asks, on from where it was read to: a run that
 * nobody looks at has no work by it, and a coordinator that was started again has the curves of all its lives.
 */
export class JournalCurves {
  readonly #follower: JournalFollower;
  readonly #curves: RunCurves;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: { readonly journal: string; readonly imagesPerStep: number }) {
    this.#follower = new JournalFollower(options.journal);
    this.#curves = new RunCurves(options);
  }

  /** @param cursor of an earlier answer. @throws JournalError */
  async since(cursor: string | undefined): Promise<CurvePoints> {
    // One reads at a time.
    const before = ignoring(this.#reading, 'the failure of one who has asked is not that of the next');
    const reading = before.then(() => this.#readOn());
    this.#reading = reading;
    await reading;
    return this.#curves.since(cursor);
  }

  async #readOn(): Promise<void> {
    for await (const entry of this.#follower.read()) this.#curves.add(entry);
  }
}
