import type { EvaluatorReport } from '@atelier/proto/generated/atelier/v1/EvaluatorReport';
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
import { type Clock, timeOf } from '@atelier/shared/time/clock';
import { z } from 'zod';
import type { EventLog } from '../events/event-log.ts';
import { RefusedError } from '../refusals/refused-error.ts';

export interface EvaluationsOptions {
  readonly runId: string;
  /** 0: the config asks for no evaluation, and none is taken. */
  readonly everyIterations: number;
}

export interface EvaluationsModules {
  readonly journal: JournalWriter;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly disk: Disk;
}

/** What a report of an evaluator means to the life of the run. */
export type HeardOfEvaluator =
  | { readonly type: 'evaluator-heard' }
  | { readonly type: 'evaluator-left' }
  /** `step`: of the newest evaluation there is. */
  | { readonly type: 'evaluated'; readonly step: number };

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

  /** Takes up what earlier lives were told. @throws JournalError */
  async begin(): Promise<void> {
    if (this.#options.everyIterations === 0) return;
    const { journal, disk } = this.#modules;
    for (const { kind: _, time: __, ...evaluation } of await readEvaluations(journal.path, disk))
      this.#history.add(evaluation);
  }

  /**
   * @returns what it means to the life of the run
   * @throws RefusedError 'wrong-run' | 'not-ready' | 'bad-message' | 'future-step', JournalError
   */
  take({ runId, body, working, leaving, evaluation }: EvaluatorReport, extent: RunExtent): HeardOfEvaluator {
    const { everyIterations, runId: ownId } = this.#options;
    if (runId !== ownId) throw RefusedError.mismatch('wrong-run', 'run_id', runId, ownId);
    if (everyIterations === 0)
      throw new RefusedError(
        'not-ready',
        'the config has evaluation turned off: set evaluate.everyIterations',
      );
    switch (body) {
      case 'working':
        this.#activity = working ?? '';
        return { type: 'evaluator-heard' };
      case 'leaving':
        this.#activity = `the evaluator has stopped: ${leaving}`;
        return { type: 'evaluator-left' };
      case 'evaluation':
        this.#activity = '';
        this.#add(checked(evaluation, extent));
        return { type: 'evaluated', step: this.newest?.step ?? -1 };
      default:
        throw new RefusedError('bad-message', 'body: got nothing, wanted working, evaluation or leaving');
    }
  }

  /** The journal has it before anybody is told. */
  #add(evaluation: Evaluation): void {
    if (evaluation.step <= (this.newest?.step ?? -1)) return;
    const judged = this.#history.judge(evaluation);
    const { journal, events, clock } = this.#modules;
    journal.append({ kind: 'evaluated', time: timeOf(clock), ...judged });
    this.#history.add(evaluation);
    events.record({ type: 'evaluation.completed', ...judged });
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
