import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type BrokenSeed, NO_SEEDS, type SeedReport, sumOf } from './seed-report.ts';

const CHUNK = 100;

export interface SimulatedSeeds {
  readonly report: SeedReport;
  /** Undefined where all keep what must hold. */
  readonly broken: BrokenSeed | undefined;
}

/**
 * Simulates seeds [from, to) in a thread for each processor, until one is broken.
 * @param onProgress is told how many of the seeds are done, from the first on, and what they came to
 */
export async function simulateSeeds(
  { from, to }: { readonly from: number; readonly to: number },
  onProgress: (numDone: number, report: SeedReport) => void = () => undefined,
): Promise<SimulatedSeeds> {
  let next = from;
  let report = NO_SEEDS;
  let broken: BrokenSeed | undefined;
  const underWay = new Set<number>();
  const work = async (): Promise<void> => {
    const thread = new Worker(new URL('./seeds-thread.ts', import.meta.url));
    try {
      while (next < to && broken === undefined) {
        const begin = next;
        next = Math.min(to, begin + CHUNK);
        underWay.add(begin);
        thread.postMessage({ from: begin, to: next });
        const [answer] = (await once(thread, 'message')) as [SeedReport | BrokenSeed];
        underWay.delete(begin);
        if ('seed' in answer) broken = answer;
        else report = sumOf(report, answer);
        onProgress(Math.min(next, ...underWay) - from, report);
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return { report, broken };
}
