/** The number of the candidate that is nearest; the first one of several. */
export function nearestOf<T>(
  candidates: readonly T[],
  distanceTo: (candidate: T) => number,
): number | undefined {
  let nearest: { readonly index: number; readonly distance: number } | undefined;
  for (const [index, candidate] of candidates.entries()) {
    const distance = distanceTo(candidate);
    if (nearest === undefined || distance < nearest.distance) nearest = { index, distance };
  }
  return nearest?.index;
}

/** Mean distance of all pairs of different members; 0 for fewer than two. */
export function meanPairwiseDistance<T>(members: readonly T[], distance: (a: T, b: T) => number): number {
  const distances = members.flatMap((a, i) => members.slice(i + 1).map((b) => distance(a, b)));
  return distances.reduce((sum, value) => sum + value, 0) / Math.max(1, distances.length);
}
