/** Selects the coordinator of the run that the dashboard shows. */
export const RUN = 'instance=~"$coordinator"';

/** A query of a panel. */
export interface Query {
  readonly expr: string;
  /** How its series are named: text with `{{label}}` in it. */
  readonly legend: string;
}

/**
 * The series of the chosen workers, with their names: a worker's metrics say nothing of it, its `atelier_worker_info`
 * does.
 */
export function ofWorkers(series: string): string {
  return `${series} * on (job, instance) group_left (worker) atelier_worker_info{worker=~"$worker"}`;
}

export function rate(series: string): string {
  return `rate(${series}[$__rate_interval])`;
}

/** Median and 95th percentile of a histogram, by labels. */
export function quantiles(
  bucketRate: string,
  by: readonly string[],
  legend: (quantile: string) => string,
): Query[] {
  return [0.5, 0.95].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (${[...by, 'le'].join(', ')}) (${bucketRate}))`,
    legend: legend(`p${quantile * 100}`),
  }));
}
