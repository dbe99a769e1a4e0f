import { parentPort } from 'node:worker_threads';
import { type BrokenSeed, NO_SEEDS, type SeedReport, sumOf } from './seed-report.ts';
import { simulate } from './simulation.ts';

/** A thread that simulates seeds [from, to) for each message, and answers with a SeedReport or a BrokenSeed. */
parentPort?.on('message', ({ from, to }: { readonly from: number; readonly to: number }) => {
  void reportOn(from, to).then((report) => parentPort?.postMessage(report));
});

async function reportOn(from: number, to: number): Promise<SeedReport | BrokenSeed> {
  let report = NO_SEEDS;
  for (let seed = from; seed < to; seed += 1) {
    try {
      const { endMs, numLives, faults } = await simulate(seed);
      report = sumOf(report, { numSeeds: 1, numLives, seconds: endMs / 1000, faults });
    } catch (error) {
      return { seed, found: error instanceof Error ? error.message : String(error) };
    }
  }
  return report;
}
