import { sumOf } from './statistics.ts';

/** Seconds of the whole iterations that commits, from an iteration's first step on, make up. */
export function iterationsOf(commits: readonly { readonly seconds: number }[], numPhases: number): number[] {
  return Array.from({ length: Math.floor(commits.length / numPhases) }, (_, i) =>
    sumOf(commits.slice(i * numPhases, (i + 1) * numPhases).map(({ seconds }) => seconds)),
  );
}
