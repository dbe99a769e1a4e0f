import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetrics, setTotals } from './create-metrics.ts';
import { createRegistry } from './create-registry.ts';

const catalog = {
  toy_step: { type: 'gauge', help: 'Committed steps.' },
  toy_refused_total: { type: 'counter', help: 'Refused.', labels: ['reason'] },
  toy_seconds: { type: 'histogram', help: 'Time.', labels: ['part'], buckets: [1, 2] },
} as const;

it('creates each metric of the catalog, of its type and with its labels', async () => {
  const registry = new Registry();
  const metrics = createMetrics(catalog, registry);
  metrics.toy_step.set(3);
  metrics.toy_refused_total.inc({ reason: 'stale' });
  metrics.toy_seconds.observe({ part: 'wait' }, 1.5);
  // @ts-expect-error a label that the catalog does not name
  expect(() => metrics.toy_seconds.observe({ phase: 'wait' }, 1)).toThrow('phase');
  const text = await registry.metrics();
  expect(text).toContain('# TYPE toy_step gauge\ntoy_step 3\n');
  expect(text).toContain('toy_refused_total{reason="stale"} 1\n');
  expect(text).toContain('toy_seconds_bucket{le="1",part="wait"} 0\n');
  expect(text).toContain('toy_seconds_bucket{le="2",part="wait"} 1\n');
});

it('asks for the present value at each scrape', async () => {
  const registry = new Registry();
  const refused = new Map([['stale', 1]]);
  let step = 1;
  createMetrics(catalog, registry, {
    toy_step: (gauge) => gauge.set(step),
    toy_refused_total: (counter) => setTotals(counter, refused),
  });
  expect(await registry.metrics()).toContain('toy_refused_total{reason="stale"} 1\n');
  step = 7;
  refused.set('stale', 2);
  const text = await registry.metrics();
  expect(text).toContain('\ntoy_step 7\n');
  expect(text).toContain('toy_refused_total{reason="stale"} 2\n');
});

it("gives every registry the process's own metrics", async () => {
  const texts = await Promise.all([createRegistry().metrics(), createRegistry().metrics()]);
  for (const text of texts) {
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.]+/m);
  }
});
