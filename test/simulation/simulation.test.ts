import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';

/** ATELIER_SEED=1234 replays one seed and prints its trace; ATELIER_SEEDS=100000 runs so many. */
const replayed = process.env['ATELIER_SEED'];
const numSeeds = Number(process.env['ATELIER_SEEDS'] ?? 10_000);

describe('the round under random faults', () => {
  it.runIf(replayed !== undefined)(`keeps its invariants under seed ${replayed}`, () => {
    simulate(Number(replayed), (line) => console.log(line()));
  });

  it.runIf(replayed === undefined)(
    `keeps its invariants under ${numSeeds} seeds`,
    () => {
      const seen = new Set<string>();
      for (let seed = 0; seed < numSeeds; seed += 1) {
        try {
          for (const fault of simulate(seed).faults) seen.add(fault);
        } catch (cause) {
          throw new Error(`seed ${seed}: ${String(cause)}; replay it with ATELIER_SEED=${seed}`, { cause });
        }
      }
      expect(seen.size).toBe(9);
    },
    120_000,
  );

  it.runIf(replayed === undefined)('repeats a seed to the letter', () => {
    const traceOf = (seed: number): string[] => {
      const lines: string[] = [];
      simulate(seed, (line) => lines.push(line()));
      return lines;
    };
    for (const seed of [1, 2, 3, 4, 5]) expect(traceOf(seed)).toEqual(traceOf(seed));
  });
});
