import { numBarsMetOf, shortfallOf } from './bars.ts';
import type { Evaluation, JudgedEvaluation } from './evaluation.ts';

/**
 * What was measured of a run, in the order of its steps. The best is the one with the smallest shortfall; of equal ones,
 * the one that came first. Whoever has the same evaluations names the same one.
 */
export class EvaluationHistory {
  readonly #all: JudgedEvaluation[] = [];

  get all(): readonly JudgedEvaluation[] {
    return this.#all;
  }

  get newest(): JudgedEvaluation | undefined {
    return this.#all.at(-1);
  }

  get best(): JudgedEvaluation | undefined {
    return this.#all.findLast(({ isBest }) => isBest);
  }

  /** How it would stand if it were added. */
  judge({ step, iteration, digest, values, bars }: Evaluation): JudgedEvaluation {
    const shortfall = shortfallOf({ values, bars });
    const isBest = shortfall < (this.best?.shortfall ?? Number.POSITIVE_INFINITY);
    const barsMet = numBarsMetOf({ values, bars });
    return { step, iteration, digest, values, bars, barsMet, shortfall, isBest };
  }

  /** @returns undefined where it is not newer than all that are there */
  add(evaluation: Evaluation): JudgedEvaluation | undefined {
    if (evaluation.step <= (this.newest?.step ?? -1)) return undefined;
    const judged = this.judge(evaluation);
    this.#all.push(judged);
    return judged;
  }
}
