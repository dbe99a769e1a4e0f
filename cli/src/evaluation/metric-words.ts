import type { JudgedEvaluation } from '@atelier/shared/evaluation/evaluation';
import { type MetricName, metricNames, metricWords } from '@atelier/shared/evaluation/metric-names';
import type { EvaluationReport, ReportRow } from '@atelier/worker/evaluate/report';

/** '0.873', '0.873 ±0.012', '–' for what was not measured. */
export function valueText(row: ReportRow, metric: MetricName): string {
  const value = row.values[metric];
  if (value === undefined) return '–';
  const { mean, spread } = value;
  return spread === undefined ? mean.toFixed(3) : `${mean.toFixed(3)} ±${spread.toFixed(3)}`;
}

/** 'runs/demo, iteration 1200' */
export function rowName({ name, checkpoint }: ReportRow): string {
  return checkpoint === undefined ? name : `${name}, iteration ${checkpoint.iteration}`;
}

/** One line a run. */
export function barsText({ name, bars = [] }: ReportRow): string {
  const missed = bars.filter(({ isMet }) => !isMet);
  if (missed.length === 0) return `${name}: all ${bars.length} bars met`;
  const words = missed.map(
    ({ metric, wanted, limit, value }) =>
      `${metricWords[metric].head} ${value.toFixed(3)} (${wanted} ${limit.toFixed(3)})`,
  );
  return `${name}: ${bars.length - missed.length} of ${bars.length} bars met; missed: ${words.join(', ')}`;
}

/** What was measured, on what, and by whom. */
export function measuredText(report: EvaluationReport): string[] {
  const { content, style, numPairs, seeds, evaluators, features, caveats } = report;
  const { judge, style: eye } = evaluators;
  return [
    `${numPairs} pairs of ${content.name} x ${style.name}, drawn with seed ${seeds.join(', ')}`,
    judge === undefined
      ? 'no judge: the contents have no labels'
      : `judge: right on ${percent(judge.plain)} of plain contents and ${percent(judge.composited)} of those drawn onto styles (${judge.numPictures} held out, ${judge.numSteps} steps)`,
    `features: ${features}, which finds the picture a new crop comes from, out of ${eye.numExemplars}, in ${percent(eye.recognised)} of cases (${eye.numSteps} steps)`,
    ...caveats.map((caveat) => `mind: ${caveat}`),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** 'iteration 300 evaluated: 4 of 7 bars met, shortfall 0.512, the best so far  judge 0.800  SWD 0.220' */
export function evaluationLine(evaluation: JudgedEvaluation): string {
  const numbers = metricNames.flatMap((metric) => {
    const value = evaluation.values[metric];
    return value === undefined ? [] : [`${metricWords[metric].head} ${value.toFixed(3)}`];
  });
  const best = evaluation.isBest ? ', the best so far' : '';
  return [`iteration ${evaluation.iteration} evaluated: ${standingText(evaluation)}${best}`, ...numbers].join(
    '  ',
  );
}

/** '4 of 7 bars met, shortfall 0.512' */
export function standingText({
  barsMet,
  bars,
  shortfall,
}: Pick<JudgedEvaluation, 'barsMet' | 'shortfall'> & { readonly bars: readonly unknown[] }): string {
  return `${barsMet} of ${bars.length} bars met${shortfall === 0 ? '' : `, shortfall ${shortfall.toFixed(3)}`}`;
}
