import type { RunOutcome } from './run-outcome.ts';

/** Where a life of a run stands, before it ends. */
export type OpenState =
  /** What was kept of the run is being read. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'open' }
  /** All steps are committed; what the reducers hold is on its way to a checkpoint. */
  | { readonly kind: 'keeping' };

/** Times are those of `Life.advance`, in ms. */
export type EndingState =
  /** The last sample grid is being drawn, until then. */
  | { readonly kind: 'drawing'; readonly step: number; readonly untilMs: number }
  /** Nothing new is taken; the last checkpoint is being saved. */
  | { readonly kind: 'saving'; readonly outcome: RunOutcome; readonly reconnect: boolean }
  /** The workers are gone; the evaluator measures the last checkpoint, and may be silent until then. */
  | { readonly kind: 'evaluating'; readonly outcome: RunOutcome; readonly untilMs: number }
  /** The journal is being copied to where the checkpoints are. */
  | { readonly kind: 'archiving'; readonly outcome: RunOutcome }
  | { readonly kind: 'over'; readonly outcome: RunOutcome };

export type LifeState = OpenState | EndingState;

/** Whether nothing new is taken any more. */
export function isEnding({ kind }: LifeState): boolean {
  return kind === 'saving' || kind === 'evaluating' || kind === 'archiving' || kind === 'over';
}

export function outcomeOf(state: LifeState): RunOutcome | undefined {
  return state.kind === 'over' ? state.outcome : undefined;
}
