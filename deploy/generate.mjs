// @ts-check
// Writes what is derived: the dashboards' JSON from grafana/src, docs/metrics-reference.md from the catalog of metrics,
// docs/events.md from the schemas of events and commands, the table of docs/data.md from the kinds of data sets.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';

const pathOf = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
// Node 20 runs no TypeScript, and this runs before anything is compiled.
const { import: load } = createJiti(import.meta.url);

/** @type {typeof import('./grafana/src/dashboards.ts')} */
const { dashboards } = await load('./grafana/src/dashboards.ts');
/** @type {typeof import('../shared/src/metrics/metrics-reference.ts')} */
const { metricsReference } = await load('../shared/src/metrics/metrics-reference.ts');
/** @type {typeof import('../shared/src/events/event-reference.ts')} */
const { eventReference } = await load('../shared/src/events/event-reference.ts');
/** @type {typeof import('../shared/src/datasets/dataset-table.ts')} */
const { withDatasetTable } = await load('../shared/src/datasets/dataset-table.ts');

const folder = pathOf('grafana/dashboards');
mkdirSync(folder, { recursive: true });
const written = dashboards().map((dashboard) => {
  const name = `${dashboard.uid}.json`;
  writeFileSync(`${folder}/${name}`, `${JSON.stringify(dashboard, null, 2)}\n`);
  return name;
});
for (const name of readdirSync(folder)) if (!written.includes(name)) rmSync(`${folder}/${name}`);

writeFileSync(pathOf('../docs/metrics-reference.md'), metricsReference());
writeFileSync(pathOf('../docs/events.md'), eventReference());

const dataPage = pathOf('../docs/data.md');
writeFileSync(dataPage, withDatasetTable(readFileSync(dataPage, 'utf8')));
