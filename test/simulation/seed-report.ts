/** What a stretch of seeds came to. */
export interface SeedReport {
  readonly numSeeds: number;
  /** Of coordinators. */
  readonly numLives: number;
  /** Of simulated time. */
  readonly seconds: number;
  /** What was done to the runs, and how often. */
  readonly faults: ReadonlyMap<string, number>;
}

/** A seed that broke what must hold. */
export interface BrokenSeed {
  readonly seed: number;
  readonly found: string;
}

export const NO_SEEDS: SeedReport = { numSeeds: 0, numLives: 0, seconds: 0, faults: new Map() };

export function sumOf(a: SeedReport, b: SeedReport): SeedReport {
  const faults = new Map(a.faults);
  for (const [fault, count] of b.faults) faults.set(fault, (faults.get(fault) ?? 0) + count);
  return {
    numSeeds: a.numSeeds + b.numSeeds,
    numLives: a.numLives + b.numLives,
    seconds: a.seconds + b.seconds,
    faults,
  };
}
