import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { metricNamesIn } from '@atelier/deploy/grafana/metric-names';
import { coordinatorMetrics, workerMetrics } from '@atelier/shared/metrics/metric-catalog';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findPromtool } from '../harness/servers/promtool.ts';

const RULES = fileURLToPath(new URL('../../deploy/prometheus/rules', import.meta.url));
const DOCS = new URL('../../docs/alerts.md', import.meta.url);
/** What Prometheus and prom-client bring. */
const DEFAULTS = ['nodejs_eventloop_lag_p99_seconds'];

interface Alert {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly (Alert | { readonly record: string })[];
  }[];
}

interface RuleTests {
  readonly group_eval_order: readonly string[];
  readonly tests: readonly {
    readonly alert_rule_test?: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

const files = await readdir(RULES);
const ruleFiles = files.filter((name) => name.endsWith('.rules.yaml'));
const testFiles = files.filter((name) => name.endsWith('.test.yaml'));
const textOf = (name: string) => readFileSync(`${RULES}/${name}`, 'utf8');

const groups = ruleFiles.flatMap((name) => (parse(textOf(name)) as RuleFile).groups);
const alerts = groups.flatMap(({ rules }) => rules).filter((rule) => 'alert' in rule);

describe('the alert rules', () => {
  it('are valid, and fire when their tests say so', async () => {
    await promtool('check', 'rules', ...ruleFiles);
    await promtool('test', 'rules', ...testFiles);
  });

  it('are tested in an order, what is recorded first', () => {
    for (const name of testFiles) {
      const order = (parse(textOf(name)) as RuleTests).group_eval_order;
      expect(order[0], name).toBe('atelier-recording');
      expect(new Set(order), name).toEqual(new Set(groups.map((group) => group.name)));
    }
  });

  it('ask for metrics that there are', () => {
    const known = new Set([...Object.keys(coordinatorMetrics), ...Object.keys(workerMetrics), ...DEFAULTS]);
    const asked = ruleFiles.flatMap((name) => metricNamesIn(textOf(name), () => false));
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(alerts)('$alert is tested both ways, and says what to do', ({ alert, labels, annotations }) => {
    const tests = testFiles
      .flatMap((name) => (parse(textOf(name)) as RuleTests).tests)
      .flatMap(({ alert_rule_test = [] }) => alert_rule_test)
      .filter(({ alertname }) => alertname === alert);
    expect(tests.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    expect(tests.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
    expect(labels).toMatchObject({ severity: expect.stringMatching(/^(critical|warning)$/) });
    expect(annotations).toMatchObject({
      summary: expect.any(String),
      description: expect.any(String),
      runbook_url: `docs/alerts.md#${alert.toLowerCase()}`,
    });
    expect(readFileSync(DOCS, 'utf8')).toContain(`\n## ${alert}\n`);
  });
});

/** @throws Error with what it prints, when it finds a fault */
async function promtool(...args: readonly string[]): Promise<void> {
  await promisify(execFile)(findPromtool(), args, { cwd: RULES });
}
