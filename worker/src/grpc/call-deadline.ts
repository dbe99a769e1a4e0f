/** Every call has its own. Long enough for the largest model on a slow link. */
export const CALL_TIMEOUT_MS = 120_000;

/** Of a call that begins now. */
export function freshDeadline(): { readonly deadline: number } {
  return { deadline: Date.now() + CALL_TIMEOUT_MS };
}
