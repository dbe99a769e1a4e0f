import type { DatasetConfig, RunConfig } from '@atelier/shared/config/run-config';
import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import { metricNames } from '@atelier/shared/evaluation/metric-names';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import { barsOf } from './bars.ts';
import { baselines, COLOUR_STATISTICS, paintedBy } from './baselines.ts';
import { type EvaluationSplit, openEvaluationData } from './evaluation-data.ts';
import { EvaluationError } from './evaluation-error.ts';
import { type EvaluatorEffort, openEvaluators } from './evaluators/open-evaluators.ts';
import { FEATURES_NAME } from './evaluators/style-eye.ts';
import { measureRows, type RowPainter, type ShownPair } from './measure-rows.ts';
import { meanAndSpreadOf } from './metrics/mean-and-spread.ts';
import { picturesOf } from './metrics/pictures.ts';
import { PairPainter } from './pair-painter.ts';
import type { EvaluationReport, MetricValues, ReportCheckpoint, ReportRow } from './report.ts';

export interface EvaluatedRun {
  /** Of its row. */
  readonly name: string;
  readonly config: RunConfig;
  readonly checkpoint: ReportCheckpoint;
  readonly snapshot: RunSnapshot;
  /** Digests of the data sets that it was trained on. */
  readonly trainedOn: readonly string[];
}

export interface EvaluateOptions {
  /** At least one; all stylize pictures of one shape. */
  readonly runs: readonly EvaluatedRun[];
  readonly content: DatasetConfig;
  readonly style: DatasetConfig;
  readonly split: EvaluationSplit;
  readonly numPairs: number;
  /** Of the draws of pairs. */
  readonly seeds: readonly number[];
  readonly effort: EvaluatorEffort;
  /** So many pairs are given back as pictures. */
  readonly numShown: number;
  readonly cacheFolder: string;
  /** Of the engine, which must have been loaded before this module was imported. */
  readonly fingerprint: EngineFingerprint;
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

export interface MeasuredRuns {
  readonly report: EvaluationReport;
  /** Pairs of the first seed, with what each row made of them, in the order of the report's rows of one kind each. */
  readonly shown: readonly ShownPair[];
}

/**
 * Measures runs, and beside them every baseline, on the same pairs with the same evaluators. The same options give the
 * same numbers on one engine.
 * @throws EvaluationError, ModelError, DatasetError
 */
export async function evaluateRuns(options: EvaluateOptions): Promise<MeasuredRuns> {
  const { runs, split, seeds, numPairs, effort, fingerprint, onProgress } = options;
  const stylizers = await Promise.all(runs.map(({ config, snapshot }) => PairPainter.load(config, snapshot)));
  const shapes = shapesOf(stylizers);
  const data = await openEvaluationData({ content: options.content, style: options.style, split, ...shapes });
  try {
    const evaluators = await openEvaluators(data, {
      effort,
      fingerprint,
      cacheFolder: options.cacheFolder,
      onProgress: (name, step, numSteps) => onProgress?.(`training the ${name} network`, step, numSteps),
    });
    const painters = [...baselinePainters(shapes), ...runs.map((run, i) => runPainter(run, stylizers[i]))];
    const measured: (readonly MetricValues[])[] = [];
    let shown: readonly ShownPair[] = [];
    for (const [i, seed] of seeds.entries()) {
      const result = await measureRows(painters, data.heldOut, evaluators, {
        seed,
        numPairs,
        numShown: i === 0 ? options.numShown : 0,
        onPairs: (done) => onProgress?.(`measuring pairs (seed ${seed})`, done, numPairs),
      });
      measured.push(result.values);
      if (i === 0) shown = result.shown;
    }
    const { content, style } = data.heldOut;
    const { judge } = evaluators;
    const report: EvaluationReport = {
      version: 1,
      content: { name: content.name, digest: content.digest, numExamples: content.numExamples },
      style: { name: style.name, digest: style.digest, numExamples: style.numExamples },
      numPairs,
      seeds,
      evaluators: {
        ...(judge === undefined ? {} : { judge: { ...judge.accuracies, numSteps: effort.judgeSteps } }),
        style: { ...evaluators.style.accuracy, numSteps: effort.styleSteps },
      },
      features: FEATURES_NAME,
      rows: rowsOf(runs, measured),
      caveats: data.caveats(new Set(runs.flatMap(({ trainedOn }) => trainedOn))),
      fingerprint,
    };
    return { report, shown };
  } finally {
    await data.close();
  }
}

function shapesOf(stylizers: readonly PairPainter[]): Pick<PairPainter, 'contentShape' | 'styleShape'> {
  const [first] = stylizers;
  if (first === undefined) throw new EvaluationError('runs-differ', 'no run to measure');
  const { contentShape, styleShape } = first;
  if (contentShape.size !== styleShape.size) {
    throw new EvaluationError(
      'other-sizes',
      `contents are ${contentShape.size} pixels wide and styles ${styleShape.size}: only contents and styles of one size can be compared`,
    );
  }
  for (const stylizer of stylizers) {
    if (
      JSON.stringify([stylizer.contentShape, stylizer.styleShape]) ===
      JSON.stringify([contentShape, styleShape])
    )
      continue;
    throw new EvaluationError(
      'runs-differ',
      'the runs paint pictures of different sizes: evaluate one run at a time',
    );
  }
  return { contentShape, styleShape };
}

function baselinePainters({ contentShape, styleShape }: ReturnType<typeof shapesOf>): RowPainter[] {
  return baselines.map((baseline) => ({
    name: baseline.name,
    paint: (content, style) =>
      paintedBy(
        baseline,
        picturesOf(content, contentShape.size, contentShape.channels),
        picturesOf(style, styleShape.size, styleShape.channels),
      ),
  }));
}

function runPainter({ name }: EvaluatedRun, stylizer: PairPainter | undefined): RowPainter {
  if (stylizer === undefined) throw new Error(`run ${name} was not loaded`);
  return { name, paint: (content, style) => stylizer.paint(content, style) };
}

/** @param measured for each seed the values of each row: baselines first, then runs */
function rowsOf(runs: readonly EvaluatedRun[], measured: readonly (readonly MetricValues[])[]): ReportRow[] {
  const of = (index: number): MetricValues[] => measured.flatMap((values) => values[index] ?? []);
  const baselineRows = baselines.map(
    ({ name }, i): ReportRow => ({ kind: 'baseline', name, values: summaryOf(of(i)) }),
  );
  const reference = baselineRows.find(({ name }) => name === COLOUR_STATISTICS)?.values ?? {};
  const runValues = runs.map((_, i) => of(baselines.length + i));
  const runRows = runs.map(({ name, checkpoint }, i): ReportRow => {
    const values = summaryOf(runValues[i] ?? []);
    return { kind: 'run', name, values, checkpoint, bars: barsOf(values, reference) };
  });
  if (runs.length === 1) return [...baselineRows, ...runRows];
  const all = summaryOf(runValues.flat());
  const allRuns: ReportRow = {
    kind: 'runs',
    name: `all ${runs.length} runs`,
    values: all,
    bars: barsOf(all, reference),
  };
  return [...baselineRows, ...runRows, allRuns];
}

function summaryOf(values: readonly MetricValues[]): ReportRow['values'] {
  return Object.fromEntries(
    metricNames.flatMap((metric) => {
      const summary = meanAndSpreadOf(values.flatMap((each) => each[metric] ?? []));
      return summary === undefined ? [] : [[metric, summary]];
    }),
  );
}
