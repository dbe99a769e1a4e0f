import type { Collectors } from '@atelier/shared/metrics/create-metrics';
import type { coordinatorMetrics } from '@atelier/shared/metrics/metric-catalog';
import type { Gauge } from 'prom-client';
import type { RunView } from '../operator/run-view.ts';

/** How what was measured of a run's checkpoints is read off it, in all its lives. */
export function evaluationCollectors({ evaluations }: RunView): Collectors<typeof coordinatorMetrics> {
  return {
    atelier_evaluation_value: (gauge) => {
      for (const [metric, value] of Object.entries(evaluations.newest?.values ?? {}))
        gauge.set({ metric }, value);
    },
    atelier_evaluation_bar: (gauge) => {
      for (const { metric, wanted, limit } of evaluations.newest?.bars ?? [])
        gauge.set({ metric, wanted }, limit);
    },
    atelier_evaluation_bars_met: (gauge) => setOrRemove(gauge, evaluations.newest?.barsMet),
    atelier_evaluation_shortfall: (gauge) => setOrRemove(gauge, evaluations.newest?.shortfall),
    atelier_evaluation_iteration: (gauge) => setOrRemove(gauge, evaluations.newest?.iteration),
    atelier_evaluation_best_shortfall: (gauge) => setOrRemove(gauge, evaluations.best?.shortfall),
    atelier_evaluation_best_iteration: (gauge) => setOrRemove(gauge, evaluations.best?.iteration),
  };
}

/** What is not known is not 0. */
function setOrRemove(gauge: Gauge<never>, value: number | undefined): void {
  if (value === undefined) gauge.remove({});
  else gauge.set(value);
}
