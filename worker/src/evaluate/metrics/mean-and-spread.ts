/** A number over several runs or draws. */
export interface MeanAndSpread {
  readonly mean: number;
  /** Standard deviation of the sample (n - 1); absent for one value. */
  readonly spread?: number;
}

/** @returns undefined for no values */
export function meanAndSpreadOf(values: readonly number[]): MeanAndSpread | undefined {
  if (values.length === 0) return undefined;
  const mean = meanOf(values);
  if (values.length === 1) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / (values.length - 1)) };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
