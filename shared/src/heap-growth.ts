import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Of the heap at the last full collection. A process's is about 25 MB, so the next comes after some 250 MB. */
const GROWTH_PERCENT = 1_000;
/** A heap that somebody has limited to less (--max-old-space-size) is left as it is. */
const MIN_LIMIT_BYTES = 512e6;

/**
 * Lets garbage wait longer, in all threads. What a stream receives or sends passes through buffers outside of the heap,
 * each used once. V8 counts them towards the heap's growth, and as the heap is small it would walk through all of it
 * after each 20 MB moved: measured in a coordinator with two workers and 10 million parameters, 16 full collections a
 * step and 40% of the process's time; in a worker with 1.7 million, 27 ms of each step.
 */
export function letHeapGrow(): void {
  if (getHeapStatistics().heap_size_limit < MIN_LIMIT_BYTES) return;
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
