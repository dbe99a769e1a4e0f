import type { RunEventBody } from '@atelier/shared/events/run-event';
import type { RunOutcome } from './run-outcome.ts';

export interface LifeOptions {
  readonly incarnation: string;
  /** What a step whose result is not finite leads to. */
  readonly onNonFinite: 'fail' | 'rollback';
  /** Whether reducers hold the state of training, and not the coordinator. */
  readonly hasReducers: boolean;
  /** How often, in iterations. 0: never. */
  readonly every: { readonly checkpoint: number; readonly evaluation: number; readonly samples: number };
  /** How long the last sample grid is waited for, in ms. */
  readonly finalSampleMs: number;
  /** How long the last evaluation is waited for while the evaluator is silent, in ms. */
  readonly evaluatorPatienceMs: number;
}

/** Steps are counted: `step` is how many are committed, which is also the number of the next. */
export type LifeEvent =
  /** The model is known, from a worker or from an earlier life, and the training loop is there. */
  | {
      readonly type: 'definition-brought';
      readonly step: number;
      readonly numSteps: number;
      readonly stepsPerIteration: number;
      /** Whether the state of that step was found. */
      readonly hasState: boolean;
    }
  /** What was kept of the run has been read. `evaluatedStep`: of the newest evaluation; -1 for none. */
  | { readonly type: 'began'; readonly evaluatedStep: number }
  /** The first parameters are here. */
  | { readonly type: 'initialized' }
  | { readonly type: 'committed'; readonly step: number }
  | { readonly type: 'all-committed' }
  /** The step was not committed. */
  | { readonly type: 'non-finite'; readonly step: number; readonly what: string }
  /** The newest good checkpoint, which was asked for, is here; undefined: there is none. */
  | { readonly type: 'loaded'; readonly step: number | undefined }
  | { readonly type: 'saved'; readonly step: number }
  /** `isLost`: the state is gone, too, and not only its copy. */
  | { readonly type: 'save-failed'; readonly step: number; readonly isLost: boolean }
  /** The last grid is drawn, or will not be. */
  | { readonly type: 'drawn' }
  | { readonly type: 'evaluated'; readonly step: number }
  | { readonly type: 'evaluator-heard' }
  | { readonly type: 'evaluator-left' }
  /** As many reducers are here as the state is cut for, and hold nothing. */
  | { readonly type: 'reducers-gathered' }
  | { readonly type: 'reducers-lost' }
  /** They hold what `hold` named. */
  | { readonly type: 'reducers-whole'; readonly step: number }
  | { readonly type: 'pause-asked' }
  | { readonly type: 'resume-asked' }
  | { readonly type: 'stop-asked'; readonly checkpoint: boolean; readonly reconnect: boolean }
  /** Something is wrong that no other event stands for. */
  | { readonly type: 'failed'; readonly reason: string }
  /** Nothing more is being written. `isKept`: what `save-last` was to save is durable. */
  | { readonly type: 'settled'; readonly isKept: boolean }
  | { readonly type: 'archived' }
  /** Only the time has passed. */
  | { readonly type: 'time' };

export type LifeDecision =
  | { readonly type: 'tell'; readonly event: RunEventBody }
  /** Begin no further step; or do again. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Copy the state as it is now and save it; answer with saved or save-failed. 'first': as it was brought. */
  | { readonly type: 'checkpoint'; readonly state: 'first' | 'newest'; readonly reason: string }
  /** `isLast`: answer with drawn. */
  | { readonly type: 'draw'; readonly isLast: boolean; readonly reason: string }
  /** Read the newest good checkpoint; answer with loaded or failed. */
  | { readonly type: 'load'; readonly reason: string }
  /** Put the state of training to what was loaded, and the round to its step. */
  | { readonly type: 'go-back'; readonly step: number; readonly reason: string }
  /** What the reducers hold is not wanted any more. */
  | { readonly type: 'dissolve' }
  /** Give the reducers the state that was brought or loaded; answer with reducers-whole or reducers-lost. */
  | { readonly type: 'hold' }
  /** Let the workers in that wait for the state to be held. */
  | { readonly type: 'admit' }
  | { readonly type: 'take-nothing-new'; readonly reconnect: boolean }
  /** Save the state, if `withState`, and what is still to be saved; answer with settled. */
  | { readonly type: 'save-last'; readonly withState: boolean }
  /** Let workers and reducers go. */
  | { readonly type: 'let-go'; readonly reason: string; readonly reconnect: boolean }
  | { readonly type: 'wait-for-evaluator'; readonly step: number }
  /** Copy the journal to where the checkpoints are; answer with archived. */
  | { readonly type: 'archive' }
  | { readonly type: 'conclude'; readonly outcome: RunOutcome };
