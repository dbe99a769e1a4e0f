import type { Bar, Evaluation } from './evaluation.ts';

export function isMet({ wanted, limit }: Bar, value: number): boolean {
  return wanted === 'at least' ? value >= limit : value <= limit;
}

/** How far values are from the bars that they miss, each in proportion to its bar, all together. */
export function shortfallOf({ values, bars }: Pick<Evaluation, 'values' | 'bars'>): number {
  return bars.reduce((sum, bar) => {
    const value = values[bar.metric];
    if (value === undefined || isMet(bar, value)) return sum;
    return sum + Math.abs(value - bar.limit) / Math.abs(bar.limit);
  }, 0);
}

export function numBarsMetOf({ values, bars }: Pick<Evaluation, 'values' | 'bars'>): number {
  return bars.filter((bar) => {
    const value = values[bar.metric];
    return value !== undefined && isMet(bar, value);
  }).length;
}
