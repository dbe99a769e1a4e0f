import {
  type EvaluationReport,
  type MetricName,
  metricNames,
  type ReportRow,
} from '@atelier/worker/evaluate/report';
import type { CurveEntry } from './curve-file.ts';

/** Heads of the columns, and which way is better; docs/metrics.md has the definitions. */
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

/** 'iteration 300: 4 bars met, shortfall 0.512, the best so far  judge 0.800  SWD 0.220' */
export function curveLine({ iteration, barsMet, shortfall, isBest, values }: CurveEntry): string {
  const numbers = metricNames.flatMap((metric) => {
    const value = values[metric];
    return value === undefined ? [] : [`${metricWords[metric].head} ${value.toFixed(3)}`];
  });
  const state = `${barsMet} bars met, shortfall ${shortfall.toFixed(3)}${isBest ? ', the best so far' : ''}`;
  return [`iteration ${iteration}: ${state}`, ...numbers].join('  ');
}
