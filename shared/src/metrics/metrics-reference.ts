import {
  coordinatorMetrics,
  type MetricDefinition,
  reducerMetrics,
  workerMetrics,
} from './metric-catalog.ts';

/** The catalog as a page for people: docs/metrics-reference.md. */
export function metricsReference(): string {
  return `# Metrics

These are all metrics that Atelier serves to Prometheus. Units are seconds and bytes. Every process also serves the default
metrics of \`prom-client\` (\`process_*\`, \`nodejs_*\`). The [glossary](glossary.md) explains the words.

This page is written from \`shared/src/metrics/metric-catalog.ts\` by \`deploy/generate.mjs\`: change it there.

## Coordinator

${tableOf(coordinatorMetrics)}

## Reducer

${tableOf(reducerMetrics)}

## Worker

${tableOf(workerMetrics)}
`;
}

function tableOf(metrics: Readonly<Record<string, MetricDefinition>>): string {
  const rows = Object.entries(metrics).map(([name, { type, labels = [], help }]) => {
    const labelNames = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${labelNames} | ${help} |`;
  });
  return ['| metric | type | labels | what it says |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
