import { setImmediate } from 'node:timers/promises';

/** Does in turns, with others between, what is too long to be done at once: wherever it yields it can rest. */
export async function withPauses<Result>(work: Generator<void, Result, void>): Promise<Result> {
  let next = work.next();
  for (; next.done !== true; next = work.next()) await setImmediate();
  return next.value;
}

/** Does it before this returns. */
export function atOnce<Result>(work: Generator<void, Result, void>): Result {
  let next = work.next();
  while (next.done !== true) next = work.next();
  return next.value;
}
