import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { freeAddress } from '../harness/free-address.ts';
import { startNats } from '../harness/servers/nats-server.ts';
import { startPrometheus } from '../harness/servers/prometheus-server.ts';
import { stylizingConfig } from '../harness/stylizing-data.ts';
import { DashboardFile, type PanelQuery } from './dashboard-file.ts';

/** What Grafana fills in. The shorter window holds many scrapes of a second. */
const GRAFANA = { __rate_interval: '15s', __range: '1h' };
/** Only a machine that is much too busy, or a fault, comes near it. */
const DEADLINE_MS = 240_000;
const RULE_FILES = ['recording', 'alerts'].map((name) =>
  fileURLToPath(new URL(`../../deploy/prometheus/rules/${name}.rules.yaml`, import.meta.url)),
);

interface RulesAnswer {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly { readonly type: string; readonly name: string; readonly health: string }[];
    }[];
  };
}

it('every panel of every dashboard and every rule has numbers of a run that trains, and no alert fires', async () => {
  await using nats = await startNats();
  // More iterations than it comes to: it trains for as long as it is looked at.
  await using cluster = await Cluster.start({
    ...(await stylizingConfig(inject('sharedFolder'))),
    iterations: 100_000,
    events: { server: nats.url },
    evaluate: { everyIterations: 10, pairs: 20, featureSteps: 2 },
  });
  const workers = await Promise.all(
    ['ada', 'bob'].map(async (name) => {
      const address = await freeAddress();
      await cluster.joinWorker(name, '--metrics', address);
      return { address };
    }),
  );
  cluster.startEvaluator();
  await using prometheus = await startPrometheus({
    jobs: { 'atelier-coordinator': [{ address: cluster.run.http ?? '' }], 'atelier-worker': workers },
    ruleFiles: RULE_FILES,
    scrapeIntervalMs: 1_000,
    evaluationIntervalMs: 1_000,
  });
  const ask = (expr: string) => prometheus.query(expr);
  const hasNumber = async ({ expr }: PanelQuery) => (await ask(expr)).some(({ value }) => value[1] !== 'NaN');
  const rulesOf = async () => {
    const answer = await fetch(`${prometheus.url}/api/v1/rules`);
    return ((await answer.json()) as RulesAnswer).data.groups.flatMap(({ rules }) => rules);
  };
  const recorded = (await rulesOf()).filter(({ type }) => type === 'recording');
  const dashboards = DashboardFile.all();

  const seen = new Set<string>();
  const deadline = Date.now() + DEADLINE_MS;
  let missing: PanelQuery[];
  do {
    await cluster.untilCommits(10);
    const panels = (await Promise.all(dashboards.map((each) => each.queries(ask, GRAFANA)))).flat();
    const queries = [...panels, ...recorded.map(({ name }) => ({ name: `rule ${name}`, expr: name }))];
    for (const query of queries) {
      if (!seen.has(query.name) && (await hasNumber(query))) seen.add(query.name);
    }
    missing = queries.filter(({ name }) => !seen.has(name));
  } while (missing.length > 0 && Date.now() < deadline);

  expect(missing).toEqual([]);
  expect((await rulesOf()).filter(({ health }) => health !== 'ok')).toEqual([]);
  expect(await ask('ALERTS{alertstate="firing"}')).toEqual([]);
  expect(await ask('atelier_events_connected == 1 and atelier_events_delivered_total > 0')).toHaveLength(1);
});
