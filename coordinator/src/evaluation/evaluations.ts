import type { EvaluatorReport } from '@atelier/proto/generated/atelier/v1/EvaluatorReport';
import { Deferred } from '@atelier/shared/async/deferred';
import type { Disk } from '@atelier/shared/disk/disk';
import {
  type Evaluation,
  evaluationSchema,
  type JudgedEvaluation,
} from '@atelier/shared/evaluation/evaluation';
import { EvaluationHistory } from '@atelier/shared/evaluation/evaluation-history';
import { readEvaluations } from '@atelier/shared/journal/journal-evaluations';
import type { JournalWriter } from '@atelier/shared/journal/journal-writer';
import { iterationOf } from '@atelier/shared/order/schedule';
import { type Clock, type Timer, timeOf } from '@atelier/shared/time/clock';
import { z } from 'zod';
import type { EventLog } from '../events/event-log.ts';
import { RefusedError } from '../refusals/refused-error.ts';

export interface EvaluationsOptions {
  readonly runId: string;
  /** 0: the config asks for no evaluation, and none is taken. */
  readonly everyIterations: number;
  /** How long the end of a run waits for an evaluator that says nothing, in ms. */
  readonly patienceMs: number;
}

export interface EvaluationsModules {
  readonly journal: JournalWriter;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly disk: Disk;
}

/** How far a run has ever been, and how many steps an iteration has. */
export interface RunExtent {
  readonly furthestStep: number;
  readonly numPhases: number;
}

/**
 * What an evaluator, a process of its own, tells of the run's checkpoints. It is checked, kept in the journal and told as
 * an event; nothing that is trained depends on it.
 */
export class Evaluations {
  readonly #options: EvaluationsOptions;
  readonly #modules: EvaluationsModules;
  readonly #history = new EvaluationHistory();
  #activity = '';
  #hasLeft = false;
  /** What the end of the run waits for. */
  #last: { readonly step: number; readonly done: Deferred<void> } | undefined;
  #patience: Timer | undefined;

  constructor(options: EvaluationsOptions, modules: EvaluationsModules) {
    this.#options = options;
    this.#modules = modules;
  }

  get all(): readonly JudgedEvaluation[] {
    return this.#history.all;
  }

  get newest(): JudgedEvaluation | undefined {
    return this.#history.newest;
  }

  /** Its checkpoint is kept by the evaluator, in best/. */
  get best(): JudgedEvaluation | undefined {
    return this.#history.best;
  }

  /** What the evaluator does, or why it does not; '' where none was heard. */
  get activity(): string {
    return this.#activity;
  }

  /** Whether the run's end waits for the last evaluation. */
  get isAwaited(): boolean {
    return this.#last !== undefined;
  }

  /** Takes up what earlier lives were told. @throws JournalError */
  async begin(): Promise<void> {
    if (this.#options.everyIterations === 0) return;
    const { journal, disk } = this.#modules;
    for (const { kind: _, time: __, ...evaluation } of await readEvaluations(journal.path, disk))
      this.#history.add(evaluation);
  }

  /** @throws RefusedError 'wrong-run' | 'not-ready' | 'bad-message' | 'future-step', JournalError */
  take({ runId, body, working, leaving, evaluation }: EvaluatorReport, extent: RunExtent): void {
    const { everyIterations, runId: ownId } = this.#options;
    if (runId !== ownId) throw RefusedError.mismatch('wrong-run', 'run_id', runId, ownId);
    if (everyIterations === 0)
      throw new RefusedError('not-ready', 'the config asks for no evaluation: set evaluate.everyIterations');
    switch (body) {
      case 'working':
        this.#heard(working ?? '');
        break;
      case 'leaving':
        this.#activity = `not evaluated any more: ${leaving}`;
        this.#hasLeft = true;
        this.#last?.done.resolve();
        break;
      case 'evaluation':
        this.#heard('');
        this.#add(checked(evaluation, extent));
        break;
      default:
        throw new RefusedError('bad-message', 'body: got nothing, wanted working, evaluation or leaving');
    }
  }

  /**
   * Resolves when the step is evaluated, or nothing is to be waited for: the evaluator has left, or has said nothing for
   * as long as it may; or at the signal.
   */
  async untilEvaluated(step: number, signal: AbortSignal): Promise<void> {
    const isDone = (this.newest?.step ?? -1) >= step;
    if (this.#options.everyIterations === 0 || isDone || this.#hasLeft || signal.aborted) return;
    const done = new Deferred<void>();
    this.#last = { step, done };
    this.#wait();
    signal.addEventListener('abort', () => done.resolve(), { once: true });
    await done.promise;
    this.#patience?.cancel();
    this.#last = undefined;
  }

  #heard(activity: string): void {
    this.#activity = activity;
    this.#hasLeft = false;
    if (this.#last !== undefined) this.#wait();
  }

  #wait(): void {
    this.#patience?.cancel();
    const giveUp = (): void => this.#last?.done.resolve();
    this.#patience = this.#modules.clock.setTimeout(giveUp, this.#options.patienceMs);
  }

  /** The journal has it before anybody is told. */
  #add(evaluation: Evaluation): void {
    if (evaluation.step <= (this.newest?.step ?? -1)) return;
    const judged = this.#history.judge(evaluation);
    const { journal, events, clock } = this.#modules;
    journal.append({ kind: 'evaluated', time: timeOf(clock), ...judged });
    this.#history.add(evaluation);
    events.record({ type: 'evaluation.completed', ...judged });
    if (evaluation.step >= (this.#last?.step ?? Number.POSITIVE_INFINITY)) this.#last?.done.resolve();
  }
}

function checked(evaluation: EvaluatorReport['evaluation'], extent: RunExtent): Evaluation {
  const { barsMet: _, shortfall: __, isBest: ___, ...fields } = evaluation ?? {};
  const result = evaluationSchema.safeParse(fields);
  if (!result.success) throw new RefusedError('bad-message', `evaluation: ${z.prettifyError(result.error)}`);
  const { step, iteration } = result.data;
  if (step > extent.furthestStep)
    throw RefusedError.mismatch('future-step', 'evaluation.step', step, `at most ${extent.furthestStep}`);
  const wanted = iterationOf(step, extent.numPhases);
  if (iteration !== wanted)
    throw RefusedError.mismatch('bad-message', `evaluation.iteration of step ${step}`, iteration, wanted);
  return result.data;
}
