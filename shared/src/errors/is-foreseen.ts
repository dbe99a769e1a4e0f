import { codeOf } from './error-code.ts';
import { ProgramFault } from './program-fault.ts';

/** What a mistake in the code throws. Node gives some of these a code: 'ERR_INVALID_ARG_TYPE' is a TypeError. */
const MISTAKES = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError, ProgramFault];
/** What a signal or a deadline ends a wait with. The platform tells these by name alone; all else with a name like that
 * is no DOMException. */
const ENDS_OF_A_WAIT: ReadonlySet<string> = new Set(['AbortError', 'TimeoutError']);

/**
 * Whether an error is one that happens to a program without a mistake: it has a code, and is no mistake in the code. What
 * is not foreseen is never ignored, and its stack is shown.
 */
export function isForeseen(error: unknown): boolean {
  if (MISTAKES.some((mistake) => error instanceof mistake)) return false;
  if (error instanceof DOMException) return ENDS_OF_A_WAIT.has(error.name);
  const code = codeOf(error);
  return code !== undefined && code !== 'ERR_ASSERTION';
}
