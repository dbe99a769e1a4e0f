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
      return {
        type: 'refuse',
        reason: 'it is not empty and contains no run: give an empty or a new folder as --out',
      };
    case 'in-use':
      return wishes.fresh
        ? { type: 'start-beside', reason: 'another run is using that folder' }
        : {
            type: 'refuse',
            reason: `a coordinator (process ${state.pid}) is using it: wait for it or stop it (atelier stop), or give --fresh or another --out`,
          };
    case 'completed':
      if (wishes.resume)
        return {
          type: 'refuse',
          reason:
            'its run is complete: raise iterations in the config to continue it, or give --fresh to start a new run',
        };
      if (wishes.fresh) return { type: 'start-beside', reason: 'the run in that folder is complete' };
      return wishes.isTerminal
        ? { type: 'ask', question: 'The run in that folder is complete.', choices: ['fresh', 'quit'] }
        : { type: 'start-beside', reason: 'the run in that folder is complete' };
    case 'unfinished':
      return decideUnfinished(state.changedField, wishes);
  }
}

function decideUnfinished(changedField: string | undefined, wishes: RunWishes): RunDecision {
  if (wishes.fresh) return { type: 'start-beside', reason: 'because of --fresh' };
  if (changedField !== undefined) {
    const reason = `the unfinished run in that folder has another ${changedField}`;
    if (wishes.resume)
      return {
        type: 'refuse',
        reason: `${reason}: give the config of that run, or --fresh to start a new run`,
      };
    return wishes.isTerminal
      ? { type: 'ask', question: `${capital(reason)} than this config.`, choices: ['fresh', 'quit'] }
      : { type: 'start-beside', reason };
  }
  if (wishes.resume) return { type: 'resume', reason: 'because of --resume' };
  return wishes.isTerminal
    ? {
        type: 'ask',
        question: 'There is an unfinished run of this config.',
        choices: ['resume', 'fresh', 'quit'],
      }
    : { type: 'resume', reason: 'the run in that folder is unfinished and has the same config' };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
