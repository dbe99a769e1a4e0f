export interface RetentionPolicy {
  /** How many of the newest checkpoints stay; at least 1. */
  readonly keepLast: number;
  /** Steps between checkpoints that stay for good; 0: none do. */
  readonly keepEverySteps: number;
}

/**
 * The steps whose checkpoints are to be deleted. The newest `keepLast` good ones stay (so the newest good one always
 * does), those at multiples of `keepEverySteps`, and everything newer than the newest good one, which may be in the
 * making. Good means: has a manifest and was not found damaged.
 */
export function decideRetention(
  checkpoints: readonly { readonly step: number; readonly isGood: boolean }[],
  { keepLast, keepEverySteps }: RetentionPolicy,
): number[] {
  const good = checkpoints
    .filter(({ isGood }) => isGood)
    .map(({ step }) => step)
    .sort((a, b) => b - a);
  const [newestGood] = good;
  if (newestGood === undefined) return [];
  const kept = new Set(good.slice(0, Math.max(keepLast, 1)));
  for (const step of good) {
    if (keepEverySteps > 0 && step > 0 && step % keepEverySteps === 0) kept.add(step);
  }
  return checkpoints
    .map(({ step }) => step)
    .filter((step) => step <= newestGood && !kept.has(step))
    .sort((a, b) => a - b);
}
