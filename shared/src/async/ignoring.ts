import { isForeseen } from '../errors/is-foreseen.ts';

/**
 * Lets go of a failure that is nobody's concern here. Only what is foreseen is let go of: a mistake in the code is told to
 * the process as a warning, with its stack, which Node writes to stderr.
 * @param reason who has told of the failure, or why nothing is lost by it
 */
export function ignore(error: unknown, reason: string): void {
  if (isForeseen(error)) return;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  process.emitWarning(`${message} (among failures that are ignored: ${reason})`, {
    type: 'UnforeseenError',
    ...(stack !== undefined && { detail: stack }),
  });
}

/**
 * What a promise comes to; undefined where it fails, as `ignore` says.
 * @param reason who has told of the failure, or why nothing is lost by it
 */
export function ignoring<T>(promise: Promise<T>, reason: string): Promise<T | undefined> {
  return promise.catch((error: unknown) => {
    ignore(error, reason);
    return undefined;
  });
}
