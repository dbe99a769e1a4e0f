import { ignoring } from '@atelier/shared/async/ignoring';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { CodedError } from '@atelier/shared/errors/coded-error';
import { isForeseen } from '@atelier/shared/errors/is-foreseen';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { RunSnapshot, SliceState } from '@atelier/shared/layout/group-state';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { PreparedStep } from '../reduction/judge-step.ts';
import { reducedPartOf } from '../training/reduced-part.ts';
import { joinParts, partsOf, type SlicePart, sliceOf } from '../training/slice-parts.ts';
import type { ReducerLink, WantedParts } from './reducer-link.ts';

/** A reducer is gone, and with it what it held: the run goes on from a checkpoint when there are enough of them again. */
export class ReducersLostError extends CodedError<'reducers-lost'> {
  constructor(message: string, options?: ErrorOptions) {
    super('reducers-lost', message, options);
  }
}

/** The reducers that hold a run together, in the order of their slices. */
export interface Formation {
  readonly id: string;
  readonly links: readonly ReducerLink[];
}

export interface FormedRun {
  readonly runId: string;
  readonly config: RunConfig;
  readonly definition: RunDefinition;
}

export interface ReducerSetModules {
  readonly newId: () => string;
  /** A reducer is here no more, whoever noticed: its stream has ended, or a call to it has failed. */
  readonly onGone: (link: ReducerLink, reason: string) => void;
  /** A formation is no more; called once for each. */
  readonly onLost: (reason: string) => void;
}

type Wanted = Pick<WantedParts, 'kind' | 'group'>;

/**
 * The reducers of a run. So many of those that are here hold it together as a formation; the others wait for one of these
 * to be lost. What is asked of a formation is asked of all its reducers, one thing after the other.
 */
export class ReducerSet {
  readonly numWanted: number;
  readonly #newId: () => string;
  readonly #onGone: ReducerSetModules['onGone'];
  readonly #onLost: ReducerSetModules['onLost'];
  readonly #present = new Map<string, ReducerLink>();
  #formation: Formation | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(numWanted: number, modules: ReducerSetModules) {
    this.numWanted = numWanted;
    this.#newId = modules.newId;
    this.#onGone = modules.onGone;
    this.#onLost = modules.onLost;
  }

  /** What the run is held by now. */
  get formation(): Formation | undefined {
    return this.#formation;
  }

  get present(): readonly ReducerLink[] {
    return [...this.#present.values()];
  }

  add(link: ReducerLink): void {
    this.#present.set(link.id, link);
  }

  remove(link: ReducerLink, reason: string): void {
    if (this.#present.get(link.id) !== link) return;
    this.#present.delete(link.id);
    link.close();
    this.#onGone(link, reason);
    if (this.#formation?.links.includes(link)) this.#lose(`${link.name}: ${reason}`);
  }

  /** What they hold is not wanted any more. */
  dissolve(): void {
    this.#formation = undefined;
  }

  stopAll(stop: { readonly reason: string; readonly reconnect: boolean }): void {
    this.#formation = undefined;
    for (const link of this.#present.values()) link.stop(stop);
  }

  /**
   * Gives the state to as many reducers as are wanted, which have to be here.
   * @throws ReducersLostError when one of them does not take it; a mistake of this program as it is
   */
  async form({ runId, config, definition }: FormedRun, { step, groups }: RunSnapshot): Promise<void> {
    await this.#turn();
    const id = this.#newId();
    const links = this.present.slice(0, this.numWanted);
    const numReducers = this.numWanted;
    const results = await Promise.allSettled(
      links.map(async (link, index) => {
        const part = reducedPartOf(index, numReducers);
        const states = definition.groups.map(({ name, tensors }): [string, SliceState] => {
          const state = groups[name];
          if (state === undefined) throw new Error(`the snapshot lacks group '${name}'`);
          return [name, sliceOf(state, part.sliceOf(flatLayoutOf(tensors).size))];
        });
        const parts = partsOf(new Map(states));
        await link.load({ runId, formation: id, step, index, numReducers, config, definition, parts });
      }),
    );
    assertForeseen(results);
    for (const [i, result] of results.entries()) {
      const link = links[i];
      if (link !== undefined && result.status === 'rejected') this.remove(link, String(result.reason));
    }
    const areHere = links.length === numReducers && links.every((link) => this.present.includes(link));
    if (!areHere) throw new ReducersLostError('a reducer was lost before it had its slice');
    this.#formation = { id, links };
  }

  /**
   * Does something with the formation while nothing else is done with it.
   * @throws ReducersLostError, what the work throws
   */
  exclusively<Result>(work: (reducers: FormedReducers) => Promise<Result>): Promise<Result> {
    const result = this.#turn().then(() => {
      const formation = this.#formation;
      if (formation === undefined)
        throw new ReducersLostError(`${this.#present.size} of ${this.numWanted} reducers are connected`);
      return work(new FormedReducers(formation, (link, reason) => this.remove(link, reason)));
    });
    this.#last = result;
    return result;
  }

  /** When what was asked before is done, however it ended. */
  #turn(): Promise<unknown> {
    return ignoring(this.#last, 'whoever asked for it before has been told');
  }

  #lose(reason: string): void {
    this.#formation = undefined;
    this.#onLost(reason);
  }
}

/** What can be asked of a formation. Whichever reducer fails is lost, and the formation with it. */
export class FormedReducers {
  readonly #formation: Formation;
  readonly #onFailure: (link: ReducerLink, reason: string) => void;

  constructor(formation: Formation, onFailure: (link: ReducerLink, reason: string) => void) {
    this.#formation = formation;
    this.#onFailure = onFailure;
  }

  /** What all of them say of the step: the chunks in their order, the first element that is not finite in the group. */
  async prepare(step: number, groupSize: number): Promise<Omit<PreparedStep, 'others'>> {
    const prepared = await this.#ask((link, formation) => link.prepare({ formation, step }));
    const squares = Float64Array.from(prepared.flatMap((slice) => [...slice.squares]));
    const fragmentSums = Float64Array.from(prepared.flatMap((slice) => [...slice.fragmentSums]));
    const numReducers = prepared.length;
    const found = prepared.findIndex(({ nonFinite }) => nonFinite !== undefined);
    const { offset } = reducedPartOf(found, numReducers).sliceOf(groupSize);
    const nonFinite = found === -1 ? undefined : offset + (prepared[found]?.nonFinite ?? 0);
    return { squares, nonFinite, fragmentSums };
  }

  /** @param tensorSums of the whole group */
  async commit(step: number, tensorSums: Float64Array): Promise<void> {
    await this.#ask((link, formation) => link.commit({ formation, step, tensorSums }));
  }

  async abandon(step: number): Promise<void> {
    await this.#ask((link, formation) => link.abandon({ formation, step }));
  }

  /** @returns when every reducer has taken its copy: what reads them, whatever happens to the state meanwhile */
  async snapshot(step: number, wanted: Wanted): Promise<() => Promise<SlicePart[]>> {
    const taken = await this.#ask((link, formation) => link.snapshot({ ...wanted, formation, step }));
    const slices = this.#ask(async (_, __, index) => (await taken[index]?.parts) ?? []);
    void ignoring(slices, 'whoever reads the parts hears of it, and the reducer is lost');
    return async () => joinParts(await slices);
  }

  async #ask<Answer>(
    question: (link: ReducerLink, formation: string, index: number) => Promise<Answer>,
  ): Promise<Answer[]> {
    const { id, links } = this.#formation;
    const answers = await Promise.allSettled(links.map((link, index) => question(link, id, index)));
    assertForeseen(answers);
    return answers.map((answer, i) => {
      if (answer.status === 'fulfilled') return answer.value;
      const link = links[i];
      const reason = answer.reason instanceof Error ? answer.reason.message : String(answer.reason);
      if (link !== undefined) this.#onFailure(link, reason);
      throw new ReducersLostError(`${link?.name}: ${reason}`, { cause: answer.reason });
    });
  }
}

/** A mistake of this program is no loss: another formation would meet it again. @throws the first that there is */
function assertForeseen(results: readonly PromiseSettledResult<unknown>[]): void {
  for (const result of results)
    if (result.status === 'rejected' && !isForeseen(result.reason)) throw result.reason;
}
