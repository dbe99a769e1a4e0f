import type { MetricName } from '@atelier/shared/evaluation/metric-names';
import type { MeasuredBar, ReportRow } from './report.ts';

/** Of the Gram distance of 'colour statistics moved'. */
const GRAM_SHARE = 0.6;

const LIMITS: readonly (readonly [MetricName, MeasuredBar['wanted'], number])[] = [
  ['judge', 'at least', 0.9],
  ['swd', 'at most', 0.21],
  ['top1Swd', 'at least', 0.7],
  ['top1Gram', 'at least', 0.5],
  ['layout', 'at most', 0.25],
  ['diversity', 'at least', 0.5],
];

/**
 * What must hold together for a model to count as good, and whether it does; bars on what was not measured are left out.
 * They are meant for MNIST x CIFAR-10 with 1,000 pairs.
 * @param colourStatistics the values of that baseline, measured in the same call
 */
export function barsOf(values: ReportRow['values'], colourStatistics: ReportRow['values']): MeasuredBar[] {
  const gram = colourStatistics.gram?.mean;
  const relative =
    gram === undefined ? [] : ([['gram', 'at most', GRAM_SHARE * gram]] satisfies typeof LIMITS);
  return [...LIMITS, ...relative].flatMap(([metric, wanted, limit]) => {
    const value = values[metric]?.mean;
    if (value === undefined) return [];
    const isMet = wanted === 'at least' ? value >= limit : value <= limit;
    return [{ metric, wanted, limit, value, isMet }];
  });
}
