import type { RunState } from './run-state.ts';

export interface RunWishes {
  readonly resume: boolean;
  readonly fresh: boolean;
  /** Whether somebody can be asked. */
  readonly isTerminal: boolean;
}

export type RunChoice = 'resume' | 'fresh' | 'quit';

export type RunDecision =
  | { readonly type: 'start' }
  | { readonly type: 'resume'; readonly reason: string }
  /** Anew, in the next free folder: what is there is never deleted. */
  | { readonly type: 'start-beside'; readonly reason: string }
  | { readonly type: 'ask'; readonly question: string; readonly choices: readonly RunChoice[] }
  | { readonly type: 'refuse'; readonly reason: string };

/** What `train` does about a folder that may hold a run. Never waits where nobody can answer. */
export function decideRun(state: RunState, wishes: RunWishes): RunDecision {
  switch (state.kind) {
    case 'none':
      return { type: 'start' };
    case 'foreign':
      return { type: 'refuse', reason: 'it is not empty and holds no run: give another --out' };
    case 'in-use':
      return wishes.fresh
        ? { type: 'start-beside', reason: 'another run is under way there' }
        : {
            type: 'refuse',
            reason: `a coordinator (process ${state.pid}) works on it: see atelier status, or give --fresh or another --out`,
          };
    case 'completed':
      if (wishes.resume)
        return { type: 'refuse', reason: 'its run is complete: give more iterations to go on with it' };
      if (wishes.fresh) return { type: 'start-beside', reason: 'the run there is complete' };
      return wishes.isTerminal
        ? { type: 'ask', question: 'The run there is complete.', choices: ['fresh', 'quit'] }
        : { type: 'start-beside', reason: 'the run there is complete' };
    case 'unfinished':
      return decideUnfinished(state.changedField, wishes);
  }
}

function decideUnfinished(changedField: string | undefined, wishes: RunWishes): RunDecision {
  if (wishes.fresh) return { type: 'start-beside', reason: 'as asked for by --fresh' };
  if (changedField !== undefined) {
    const reason = `the unfinished run there has another ${changedField}`;
    if (wishes.resume) return { type: 'refuse', reason: `${reason}: give its own config, or --fresh` };
    return wishes.isTerminal
      ? { type: 'ask', question: `${capital(reason)} than this config.`, choices: ['fresh', 'quit'] }
      : { type: 'start-beside', reason };
  }
  if (wishes.resume) return { type: 'resume', reason: 'as asked for by --resume' };
  return wishes.isTerminal
    ? {
        type: 'ask',
        question: 'There is an unfinished run of this config.',
        choices: ['resume', 'fresh', 'quit'],
      }
    : { type: 'resume', reason: 'the run there is unfinished and of the same config' };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
