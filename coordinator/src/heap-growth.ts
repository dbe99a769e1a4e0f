import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Of the heap at the last full collection. The coordinator's is about 25 MB, so the next comes after some 250 MB. */
const GROWTH_PERCENT = 1_000;
/** A heap that somebody has limited to less (--max-old-space-size) is left as it is. */
const MIN_LIMIT_BYTES = 512e6;

/**
 * Lets garbage wait longer. What a stream receives or sends passes through buffers outside of the heap, each used once.
 * V8 counts them towards the heap's growth, and as the heap is small it would walk through all of it after each 20 MB
 * moved: measured with two workers and 10 million parameters, 16 full collections a step and 40% of the process's
 * time. A worker (dcgan-32, C=64) was no faster with it, and 60 MB larger.
 */
export function letHeapGrow(): void {
  if (getHeapStatistics().heap_size_limit < MIN_LIMIT_BYTES) return;
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
