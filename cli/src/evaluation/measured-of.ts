import type { Evaluation } from '@atelier/shared/evaluation/evaluation';
import type { EvaluationReport } from '@atelier/worker/evaluate/report';

/** Of the report's one run. */
export function measuredOf({ rows }: EvaluationReport): Pick<Evaluation, 'values' | 'bars'> {
  const row = rows.find(({ kind }) => kind === 'run');
  const means = Object.entries(row?.values ?? {}).map(([metric, { mean }]) => [metric, mean]);
  const bars = (row?.bars ?? []).map(({ metric, wanted, limit }) => ({ metric, wanted, limit }));
  return { values: Object.fromEntries(means), bars };
}
