import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { MetricDefinition } from './metric-catalog.ts';

type MetricCatalog = Readonly<Record<string, MetricDefinition>>;

type LabelOf<Definition> = Definition extends { readonly labels: readonly (infer Label extends string)[] }
  ? Label
  : never;

type MetricOf<Definition> = Definition extends { readonly type: 'counter' }
  ? Counter<LabelOf<Definition>>
  : Definition extends { readonly type: 'gauge' }
    ? Gauge<LabelOf<Definition>>
    : Histogram<LabelOf<Definition>>;

/** By name: every metric of the catalog, of its type and with its labels. */
export type Metrics<Catalog extends MetricCatalog> = {
  readonly [Name in keyof Catalog]: MetricOf<Catalog[Name]>;
};

/** What brings a metric up to date when it is asked for; not for those that values are pushed into. */
export type Collectors<Catalog extends MetricCatalog> = {
  readonly [Name in keyof Catalog]?: (metric: MetricOf<Catalog[Name]>) => void;
};

/** Creates the metrics of a catalog in a registry. */
export function createMetrics<Catalog extends MetricCatalog>(
  catalog: Catalog,
  registry: Registry,
  collectors: Collectors<Catalog> = {},
): Metrics<Catalog> {
  const entries = Object.entries(catalog).map(([name, definition]) => [
    name,
    createMetric(name, definition, registry, collectors[name]),
  ]);
  // Each was created by the definition that its type is derived from.
  return Object.fromEntries(entries) as Metrics<Catalog>;
}

function createMetric(
  name: string,
  definition: MetricDefinition,
  registry: Registry,
  collector: ((metric: never) => void) | undefined,
): Counter | Gauge | Histogram {
  const { help, labels: labelNames = [] } = definition;
  const configuration = {
    ...{ name, help, labelNames, registers: [registry] },
    ...(collector && {
      collect(this: unknown) {
        collector(this as never);
      },
    }),
  };
  switch (definition.type) {
    case 'counter':
      return new Counter(configuration);
    case 'gauge':
      return new Gauge(configuration);
    case 'histogram':
      return new Histogram({ ...configuration, buckets: [...definition.buckets] });
  }
}

/** Puts a counter to what was counted elsewhere, by the value of its label or of each in their order. Only for totals that never fall. */
export function setTotals(
  counter: Counter<string>,
  totals: Iterable<readonly [value: string | readonly string[], total: number]>,
): void {
  counter.reset();
  for (const [value, total] of totals) counter.labels(...[value].flat()).inc(total);
}

/** As `setTotals`, of a counter without labels. */
export function setTotal(counter: Counter<never>, total: number): void {
  counter.reset();
  counter.inc(total);
}
