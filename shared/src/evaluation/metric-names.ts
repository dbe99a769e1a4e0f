/** What is measured of pictures, in the order of a table's columns; docs/metrics.md defines them. */
export const metricNames = [
  'judge',
  'swd',
  'gram',
  'top1Swd',
  'top1Gram',
  'layout',
  'diversity',
  'frechet',
] as const;
export type MetricName = (typeof metricNames)[number];

/** Heads of columns and charts, and which way is better. */
export const metricWords: Readonly<
  Record<MetricName, { readonly head: string; readonly better: '↑' | '↓' }>
> = {
  judge: { head: 'judge', better: '↑' },
  swd: { head: 'SWD', better: '↓' },
  gram: { head: 'Gram', better: '↓' },
  top1Swd: { head: 'top-1 SWD', better: '↑' },
  top1Gram: { head: 'top-1 Gram', better: '↑' },
  layout: { head: 'NCC', better: '↓' },
  diversity: { head: 'diversity', better: '↑' },
  frechet: { head: 'Frechet', better: '↓' },
};
