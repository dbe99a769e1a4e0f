import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import type { MetricName } from '@atelier/shared/evaluation/metric-names';
import type { JudgeAccuracies } from './evaluators/content-judge.ts';
import type { StyleEyeAccuracy } from './evaluators/style-eye.ts';
import type { MeanAndSpread } from './metrics/mean-and-spread.ts';

/** What one row was measured to be, once. Absent: it cannot be known, e.g. a judge's without labels. */
export type MetricValues = Readonly<Partial<Record<MetricName, number>>>;

export interface ReportRow {
  /** `runs`: all runs together. */
  readonly kind: 'baseline' | 'run' | 'runs';
  readonly name: string;
  readonly values: Readonly<Partial<Record<MetricName, MeanAndSpread>>>;
  /** Of a run: what was measured. */
  readonly checkpoint?: ReportCheckpoint;
  /** Of a run and of all runs. */
  readonly bars?: readonly MeasuredBar[];
}

export interface ReportCheckpoint {
  readonly step: number;
  readonly iteration: number;
  /** Of the parameters. */
  readonly digest: string;
}

/** One number that must be reached, together with all others. */
export interface MeasuredBar {
  readonly metric: MetricName;
  readonly wanted: 'at least' | 'at most';
  readonly limit: number;
  readonly value: number;
  readonly isMet: boolean;
}

export interface ReportData {
  /** In words. */
  readonly name: string;
  readonly digest: string;
  readonly numExamples: number;
}

export interface EvaluationReport {
  readonly version: 1;
  readonly content: ReportData;
  readonly style: ReportData;
  readonly numPairs: number;
  /** Of the draws of pairs. */
  readonly seeds: readonly number[];
  readonly evaluators: {
    readonly judge?: JudgeAccuracies & { readonly numSteps: number };
    readonly style: StyleEyeAccuracy & { readonly numSteps: number };
  };
  /** What the Frechet distance is in. */
  readonly features: string;
  readonly rows: readonly ReportRow[];
  /** What makes numbers worth less than they seem. */
  readonly caveats: readonly string[];
  readonly fingerprint: EngineFingerprint;
}
