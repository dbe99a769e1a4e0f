/** How a child of the local cluster ended. */
export interface ChildExit {
  readonly role: 'coordinator' | 'worker' | 'reducer' | 'evaluator';
  readonly name: string;
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** In ms, of any clock. */
  readonly at: number;
}

export type SupervisionDecision =
  | { readonly type: 'restart'; readonly afterMs: number; readonly reason: string }
  /** It left for good, and that is in order. */
  | { readonly type: 'leave'; readonly reason: string }
  /** The coordinator has ended the run. */
  | { readonly type: 'ended'; readonly reason: string }
  | { readonly type: 'give-up'; readonly reason: string };

export interface SupervisionOptions {
  /** So many deaths of one child within the window are accidents; one more is a fault. Default: 5. */
  readonly maxDeaths?: number;
  /** Default: a minute. */
  readonly windowMs?: number;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 8_000;

/** Exit codes that say "do not start me again": the command line is wrong, or the run refused the process. */
const FINAL_CODES: ReadonlySet<number> = new Set([2, 3]);

/**
 * What to do when a child ends. One that dies is started again, later each time; one that keeps dying is a fault that
 * another start will not mend: without its evaluator the run goes on, without another it does not. Pure: time is given.
 */
export class Supervision {
  readonly #maxDeaths: number;
  readonly #windowMs: number;
  readonly #deaths = new Map<string, number[]>();

  constructor({ maxDeaths = 5, windowMs = 60_000 }: SupervisionOptions = {}) {
    this.#maxDeaths = maxDeaths;
    this.#windowMs = windowMs;
  }

  /**
   * @param state.hasRunFailed the coordinator said so before it ended
   * @param state.numOtherWorkers workers that are there, or will be again
   */
  decide(
    exit: ChildExit,
    state: { readonly hasRunFailed: boolean; readonly numOtherWorkers: number },
  ): SupervisionDecision {
    const ending = endingOf(exit);
    if (exit.role === 'coordinator') {
      if (exit.code === 0) return { type: 'ended', reason: ending };
      if (state.hasRunFailed) return { type: 'give-up', reason: 'the run failed' };
    } else if (exit.code === 0) {
      return { type: 'leave', reason: ending };
    }
    if (exit.code !== null && FINAL_CODES.has(exit.code)) {
      return isDispensable(exit, state)
        ? { type: 'leave', reason: ending }
        : { type: 'give-up', reason: ending };
    }
    const recent = (this.#deaths.get(exit.name) ?? []).filter((at) => exit.at - at < this.#windowMs);
    recent.push(exit.at);
    this.#deaths.set(exit.name, recent);
    if (recent.length > this.#maxDeaths) {
      const reason = `${ending}, for the ${recent.length}th time in ${this.#windowMs / 1000} s`;
      // A run that nobody measures any more goes on.
      return { type: exit.role === 'evaluator' ? 'leave' : 'give-up', reason };
    }
    const afterMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (recent.length - 1));
    return { type: 'restart', afterMs, reason: ending };
  }
}

/** Whether the run goes on without it, when it says that it shall not be started again. */
function isDispensable({ role }: ChildExit, state: { readonly numOtherWorkers: number }): boolean {
  return role === 'evaluator' || (role === 'worker' && state.numOtherWorkers > 0);
}

function endingOf({ name, code, signal }: ChildExit): string {
  return code === null
    ? `${name} was ended by ${signal ?? 'a signal'}`
    : `${name} ended with exit code ${code}`;
}
