/** Not what a recording rule has made of one: "run:atelier_run_state:joined". */
const METRIC = /(?<![\w:])(?:atelier|nodejs|process)_\w+/g;
const HISTOGRAM_SERIES = /_(?:bucket|sum|count)$/;

/** Of the processes' metrics that a query asks for; a histogram's go by its own name. */
export function metricNamesIn(query: string, isHistogram: (name: string) => boolean): string[] {
  return [...query.matchAll(METRIC)].map(([series]) => {
    const name = series.replace(HISTOGRAM_SERIES, '');
    return isHistogram(name) ? name : series;
  });
}
