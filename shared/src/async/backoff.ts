const FIRST_MS = 200;
const MOST_MS = 5_000;

/**
 * Exponential backoff with full jitter: the wait before attempt n + 1 is uniform in [0, min(5 s, 200 ms * 2^n)), so
 * that workers which lost the same coordinator do not come back as one crowd.
 * Source: Brooker, "Exponential backoff and jitter", 2015.
 * @param random uniform in [0, 1)
 */
export function backoffMs(numFailures: number, random: () => number = Math.random): number {
  return random() * Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(numFailures, 16));
}
