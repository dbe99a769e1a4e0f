import { metricNames, metricWords } from '@atelier/shared/evaluation/metric-names';
import type { EvaluationReport } from '@atelier/worker/evaluate/report';
import { table } from '../terminal/output.ts';
import { barsText, measuredText, rowName, valueText } from './metric-words.ts';

/** The report for a terminal. */
export function reportText(report: EvaluationReport): string {
  const heads = metricNames.map((metric) => `${metricWords[metric].head} ${metricWords[metric].better}`);
  const rows = report.rows.map((row) => [
    rowName(row),
    ...metricNames.map((metric) => valueText(row, metric)),
  ]);
  const runs = report.rows.filter(({ bars }) => bars !== undefined);
  return [table([['', ...heads], ...rows]), '', ...runs.map(barsText), '', ...measuredText(report)].join(
    '\n',
  );
}
