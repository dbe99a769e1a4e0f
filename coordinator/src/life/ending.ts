import { must } from '../invariants/invariants.ts';
import type { EndingState } from './life-state.ts';
import type { LifeDecision, LifeEvent, LifeOptions } from './life-types.ts';
import type { RunOutcome } from './run-outcome.ts';

type HeardEvaluator = Extract<
  LifeEvent,
  { readonly type: 'evaluated' | 'evaluator-heard' | 'evaluator-left' }
>;

/**
 * How a life ends: drawing (a complete run's last grid) -> saving -> evaluating (a complete run's last checkpoint) ->
 * archiving -> over. What is neither complete nor already complete begins with saving, and is over when that is settled.
 */
export class Ending {
  readonly #options: LifeOptions;
  #state: EndingState | undefined;
  /** Whoever waits for the end has asked for it: what is not needed is not waited for. */
  #isHurried = false;
  #wantsWorkersBack = true;
  #evaluatedStep = -1;
  #hasEvaluatorLeft = false;
  #isKept = false;
  readonly #decisions: LifeDecision[] = [];

  constructor(options: LifeOptions) {
    this.#options = options;
  }

  /** Undefined before it begins. */
  get state(): EndingState | undefined {
    return this.#state;
  }

  get wantsWorkersBack(): boolean {
    return this.#wantsWorkersBack;
  }

  /** What was decided since this was last asked. */
  take(): LifeDecision[] {
    return this.#decisions.splice(0);
  }

  /** All steps are committed, and kept or here. */
  complete(step: number, now: number): void {
    if (this.#options.every.samples === 0 || this.#isHurried) {
      this.#endComplete(step);
      return;
    }
    this.#state = { kind: 'drawing', step, untilMs: now + this.#options.finalSampleMs };
    this.#decide({ type: 'draw', isLast: true, reason: 'all steps are committed' });
  }

  /** An earlier life has done all. */
  wasComplete(step: number, now: number): void {
    this.#wantsWorkersBack = false;
    this.#isKept = true;
    this.#decide({ type: 'take-nothing-new', reconnect: false });
    this.#awaitEvaluation({ kind: 'completed', step, wasComplete: true }, now);
  }

  begin(
    outcome: RunOutcome,
    { checkpoint, reconnect }: { readonly checkpoint: boolean; readonly reconnect: boolean },
  ): void {
    const found = this.#state?.kind ?? 'open';
    must('oneOutcome', found === 'open' || found === 'drawing', () => `it is ${found} and ${outcome.kind}`);
    this.#state = { kind: 'saving', outcome, reconnect };
    this.#wantsWorkersBack = reconnect;
    this.#decide({ type: 'take-nothing-new', reconnect }, { type: 'save-last', withState: checkpoint });
  }

  /** drawing -> saving */
  drawn(): void {
    if (this.#state?.kind === 'drawing') this.#endComplete(this.#state.step);
  }

  /** saving -> evaluating, when the run is complete and kept; else -> over */
  settled({ step, isKept }: { readonly step: number; readonly isKept: boolean }, now: number): void {
    if (this.#state?.kind !== 'saving') return;
    const { reconnect } = this.#state;
    this.#isKept = isKept;
    // A step that was being committed is committed by now.
    const outcome = isKept ? { ...this.#state.outcome, step } : unkept(this.#state.outcome, step);
    const { kind } = outcome;
    if (kind === 'failed')
      this.#decide({ type: 'tell', event: { type: 'run.failed', step, reason: outcome.reason } });
    else this.#decide({ type: 'tell', event: { type: `run.${kind}`, step } });
    this.#decide({ type: 'let-go', reason: kind, reconnect });
    if (kind === 'completed') this.#awaitEvaluation(outcome, now);
    else this.#over(outcome);
  }

  /** evaluating: the evaluator is waited for as long as it speaks, until it has measured the last checkpoint. */
  heard(event: HeardEvaluator, now: number): void {
    this.#hasEvaluatorLeft = event.type === 'evaluator-left';
    if (event.type === 'evaluated') this.#evaluatedStep = Math.max(this.#evaluatedStep, event.step);
    if (this.#state?.kind === 'evaluating') this.#awaitEvaluation(this.#state.outcome, now);
  }

  /** archiving -> over */
  archived(): void {
    if (this.#state?.kind === 'archiving') this.#over(this.#state.outcome);
  }

  hurry(): void {
    this.#isHurried = true;
    this.#waitNoLonger();
  }

  /** What was waited for long enough is waited for no longer. */
  passed(now: number): void {
    if (this.#state !== undefined && 'untilMs' in this.#state && now >= this.#state.untilMs)
      this.#waitNoLonger();
  }

  /** drawing -> saving; evaluating -> archiving */
  #waitNoLonger(): void {
    if (this.#state?.kind === 'drawing') this.#endComplete(this.#state.step);
    else if (this.#state?.kind === 'evaluating') this.#archive(this.#state.outcome);
  }

  #endComplete(step: number): void {
    this.begin({ kind: 'completed', step, wasComplete: false }, { checkpoint: true, reconnect: false });
  }

  /** The last checkpoint is there, and the workers may go: who measures it has time, and is heard to the end. */
  #awaitEvaluation(outcome: RunOutcome, now: number): void {
    const { every, evaluatorPatienceMs } = this.#options;
    const isDone = this.#evaluatedStep >= outcome.step;
    if (every.evaluation === 0 || isDone || this.#hasEvaluatorLeft || this.#isHurried) {
      this.#archive(outcome);
      return;
    }
    if (this.#state?.kind !== 'evaluating') this.#decide({ type: 'wait-for-evaluator', step: outcome.step });
    this.#state = { kind: 'evaluating', outcome, untilMs: now + evaluatorPatienceMs };
  }

  #archive(outcome: RunOutcome): void {
    this.#state = { kind: 'archiving', outcome };
    this.#decide({ type: 'archive' });
  }

  #over(outcome: RunOutcome): void {
    const isTrue = outcome.kind !== 'completed' || this.#isKept;
    must('completeMeansKept', isTrue, () => `step ${outcome.step} is kept nowhere`);
    this.#state = { kind: 'over', outcome };
    this.#decide({ type: 'conclude', outcome });
  }

  #decide(...decisions: LifeDecision[]): void {
    this.#decisions.push(...decisions);
  }
}

/** What is complete and lost with this process is not complete. */
function unkept(outcome: RunOutcome, step: number): RunOutcome {
  if (outcome.kind !== 'completed') return { ...outcome, step };
  const reason =
    'all steps are committed, but the last checkpoint could not be saved: free disk space or repair the store, then continue with --resume';
  return { kind: 'failed', step, reason };
}
