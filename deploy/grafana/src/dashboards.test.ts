import { readFileSync } from 'node:fs';
import {
  coordinatorMetrics,
  type MetricDefinition,
  workerMetrics,
} from '@atelier/shared/metrics/metric-catalog';
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import { Ajv } from 'ajv';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { dashboards } from './dashboards.ts';
import { metricNamesIn } from './metric-names.ts';

const catalog: Readonly<Record<string, MetricDefinition>> = { ...coordinatorMetrics, ...workerMetrics };
const isHistogram = (name: string) => catalog[name]?.type === 'histogram';

const all = dashboards().map((dashboard) => ({ title: dashboard.title, dashboard }));
const allQueries = all.flatMap(({ dashboard }) => panelsOf(dashboard).flatMap(queriesOf));

it('shows every metric of the catalog, and asks for no other', async () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const defaults = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  registry.clear();
  const shown = new Set(allQueries.flatMap((query) => metricNamesIn(query, isHistogram)));
  expect([...shown].filter((name) => !(name in catalog) && !defaults.includes(name))).toEqual([]);
  expect(Object.keys(catalog).filter((name) => !shown.has(name))).toEqual([]);
});

describe.each(all)('$title', ({ dashboard }) => {
  it('fits the schema of Grafana', () => {
    const schema = readFileSync(new URL('../dashboard.schema.json', import.meta.url), 'utf8');
    const ajv = new Ajv({ strict: false, allErrors: true });
    ajv.validate(JSON.parse(schema), JSON.parse(JSON.stringify(dashboard)));
    expect(ajv.errors ?? []).toEqual([]);
  });

  it('uses the variables that it has', () => {
    const known = new Set((dashboard.templating.list ?? []).map(({ name }) => name));
    const used = JSON.stringify(dashboard).matchAll(/\$\{?(?!__)(\w+)/g);
    expect([...used].map(([, name = '']) => name).filter((name) => !known.has(name))).toEqual([]);
  });

  it('says of each panel what it shows, in which unit', () => {
    for (const { title, description, fieldConfig, type } of panelsOf(dashboard)) {
      expect(description, title).toMatch(/\w\.$/);
      if (type === 'stat' || type === 'timeseries') expect(fieldConfig?.defaults.unit, title).toBeTruthy();
    }
  });

  it('fills its rows from edge to edge', () => {
    const panels = panelsOf(dashboard);
    for (const top of new Set(panels.map(({ gridPos }) => gridPos?.y))) {
      const row = panels.filter(({ gridPos }) => gridPos?.y === top);
      const titles = row.map(({ title }) => title).join(', ');
      expect(
        row.reduce((width, { gridPos }) => width + (gridPos?.w ?? 0), 0),
        titles,
      ).toBe(24);
      expect(new Set(row.map(({ gridPos }) => gridPos?.h)).size, titles).toBe(1);
    }
  });
});

function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.filter((panel: Panel | RowPanel): panel is Panel => panel.type !== 'row');
}

function queriesOf({ targets = [] }: Panel): string[] {
  return targets.map((target) => ('expr' in target ? String(target.expr) : ''));
}
