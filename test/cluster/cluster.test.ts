import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DashboardFile, type PanelQuery } from '../dashboards/dashboard-file.ts';
import { queryPrometheus } from '../harness/servers/prometheus-query.ts';
import { CONFIG, COORDINATOR, DeployedRun, FOLDER, RUN } from './deployed-run.ts';
import { killProcess } from './kill-process.ts';
import { Kubectl } from './kubectl.ts';
import { isOpen } from './network-probe.ts';
import { undisturbedDigest } from './undisturbed-digest.ts';

/** What Grafana fills in. The window holds several scrapes of ten seconds. */
const GRAFANA = { __rate_interval: '1m', __range: '1h' };
const PANELS_MS = 300_000;
/** The run makes pictures from noise, which nobody evaluates. These panels are tested with one that is: test/dashboards. */
const OF_AN_EVALUATOR = 'atelier_evaluation_';
const STORE = `s3://atelier/runs/${RUN}`;
const EVENTS = 'nats://atelier-nats:4222';

/** Seconds, by what they were spent on. Written down at the end. */
const measured: Record<string, number> = {};
let run: DeployedRun;

beforeAll(async () => {
  run = await DeployedRun.prepare();
  const there = await new Kubectl('default').run('get', 'namespaces', '--output=name');
  if (there.includes('namespace/atelier\n'))
    throw new Error('the cluster has a namespace atelier already: delete it first, if nobody needs it');
});

afterAll(async () => {
  await writeFile(join(FOLDER, 'measured.json'), `${JSON.stringify(measured, null, 2)}\n`);
  await writeFile(
    join(FOLDER, 'events.jsonl'),
    run.events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  );
  console.log(measured);
  await run[Symbol.asyncDispose]();
  if (!process.env['ATELIER_KEEP']) await run.kubectl.run('delete', 'namespace', 'atelier');
});

it('starts everything with one command, and trains', async () => {
  const began = await run.apply();
  const first = await run.next('step.committed');
  measured['from apply to the first step'] = (Date.parse(first.time) - began) / 1000;
  await ready();
  measured['from apply until all is ready'] = (Date.now() - began) / 1000;
  const secrets = await run.kubectl.run('get', 'secrets', '--output=name');
  expect(secrets.match(/secret\/atelier-/g)).toHaveLength(5);
});

it('lets workers reach the coordinator, and nobody else', async () => {
  const address = 'atelier-coordinator.atelier.svc:7400';
  const labels = { 'app.kubernetes.io/name': 'atelier-worker' };
  expect(await isOpen(address, { kubectl: run.kubectl, labels })).toBe(true);
  expect(await isOpen(address, { kubectl: run.kubectl, labels: { name: 'stranger' } })).toBe(false);
  expect(await isOpen(address, { kubectl: new Kubectl('default'), labels })).toBe(false);
});

it('takes more workers in the middle of the run', async () => {
  const joined = run.all('worker.joined').length;
  await run.kubectl.run('scale', 'deployment/atelier-worker', '--replicas=3');
  await run.until('three workers are in', () =>
    run.all('worker.joined').length >= joined + 2 ? true : undefined,
  );
  await rolledOut('deployment/atelier-worker');
  expect(await run.workers()).toHaveLength(3);
});

it('has numbers in every panel of every dashboard, but for what an evaluator measures', async () => {
  await using forward = await run.kubectl.forward('service/atelier-prometheus', 9090);
  const ask = (expr: string) => queryPrometheus(`http://${forward.address}`, expr);
  const hasNumber = async ({ expr }: PanelQuery) => (await ask(expr)).some(({ value }) => value[1] !== 'NaN');
  const seen = new Set<string>();
  const deadline = Date.now() + PANELS_MS;
  let missing: PanelQuery[];
  let panels: PanelQuery[];
  do {
    await run.commits(10);
    panels = (await Promise.all(DashboardFile.all().map((each) => each.queries(ask, GRAFANA))))
      .flat()
      .filter(({ expr }) => !expr.includes(OF_AN_EVALUATOR));
    for (const panel of panels) if (!seen.has(panel.name) && (await hasNumber(panel))) seen.add(panel.name);
    missing = panels.filter(({ name }) => !seen.has(name));
  } while (missing.length > 0 && Date.now() < deadline);
  expect(missing).toEqual([]);
  expect(panels.length).toBeGreaterThan(20);
});

it('wastes nothing when the pod of a worker is deleted, and a moment when one is killed', async () => {
  const [drained = '', killed = ''] = await run.workers();
  const before = run.events.length;
  const gone = run.next('worker.drained', ({ worker }) => worker.startsWith(drained));
  await run.kubectl.run('delete', 'pod', drained, '--wait=false');
  await gone;
  await run.commits(5);
  const meanwhile = run.events.slice(before).map(({ type }) => type);
  expect(meanwhile).not.toContain('worker.lost');
  expect(meanwhile).not.toContain('block.reassigned');
  measured['lost by a drained worker'] = longestGap(before);

  const beforeKill = run.events.length;
  const lost = run.next('worker.lost', ({ worker }) => worker.startsWith(killed));
  await killProcess(killed, `--name=${killed}`, run);
  await lost;
  await run.commits(5);
  measured['lost by a killed worker'] = longestGap(beforeKill);
  await rolledOut('deployment/atelier-worker');
});

it('goes on after the coordinator is killed, and after its pod is deleted', async () => {
  measured['lost by a killed coordinator'] = await gapOf(async () => {
    const started = run.next('run.started');
    await killProcess(COORDINATOR, '/etc/atelier/run.yaml', run);
    await started;
  });
  measured['lost by a coordinator whose pod is deleted'] = await gapOf(async () => {
    const started = run.next('run.started');
    await run.kubectl.run('delete', 'pod', COORDINATOR);
    await started;
  });
});

it('goes on through a rollout of both', async () => {
  measured['lost by a rollout of the workers'] = await gapOf(async () => {
    await run.kubectl.run('rollout', 'restart', 'deployment/atelier-worker');
    await rolledOut('deployment/atelier-worker');
  });
  measured['lost by a rollout of the coordinator'] = await gapOf(async () => {
    const started = run.next('run.started');
    await run.kubectl.run('rollout', 'restart', 'statefulset/atelier-coordinator');
    await rolledOut('statefulset/atelier-coordinator');
    await started;
  });
});

it('goes on while the pods of NATS and MinIO are other ones', async () => {
  measured['lost by a NATS and a MinIO whose pods are deleted'] = await gapOf(async () => {
    await run.kubectl.run('delete', 'pod', 'atelier-nats-0', 'atelier-minio-0');
    await rolledOut('statefulset/atelier-nats');
    await rolledOut('statefulset/atelier-minio');
  });
});

it('goes on with fewer workers, without a loss', async () => {
  const before = run.events.length;
  await run.kubectl.run('scale', 'deployment/atelier-worker', '--replicas=1');
  await run.until('two workers have drained', () =>
    run.events.slice(before).filter(({ type }) => type === 'worker.drained').length >= 2 ? true : undefined,
  );
  expect(run.events.slice(before).map(({ type }) => type)).not.toContain('worker.lost');
  expect(run.all('run.completed')).toEqual([]);
});

it('ends in the bits of a run that nothing happens to, with nothing lost and nothing twice', async () => {
  const completed = await run.until('the run is complete', () => run.all('run.completed')[0]);
  const atelier = (...args: readonly string[]) => run.kubectl.exec(COORDINATOR, 'atelier', ...args);
  const { digest } = JSON.parse(await atelier('digest', `runs/${RUN}`, '--json')) as { digest: string };
  expect(JSON.parse(await atelier('journal', 'audit', `runs/${RUN}`, '--json'))).toMatchObject({
    missing: 0,
    repeated: 0,
    problems: [],
  });
  const checkpoints = JSON.parse(await atelier('checkpoints', 'verify', STORE, '--json')) as {
    step: number;
  }[];
  expect(checkpoints[0]?.step).toBe(completed.step);
  const told = await atelier('events', `runs/${RUN}`, '--json');
  expect(await atelier('events', '--server', EVENTS, '--run', RUN, '--json')).toBe(told);
  expect(told.trimEnd().split('\n')).toHaveLength(run.events.length);
  expect(digest).toBe(await undisturbedDigest(CONFIG, FOLDER));
});

it('stays, ready and never started again, when the run is over', async () => {
  await ready();
  const { items } = await run.kubectl.json<PodList>('get', 'pods');
  for (const { metadata, status } of items)
    expect([metadata.name, status.containerStatuses.map(({ restartCount }) => restartCount)]).toEqual([
      metadata.name,
      status.containerStatuses.map(() => 0),
    ]);
  expect(await run.kubectl.exec(COORDINATOR, 'atelier', 'status')).toContain('completed');
});

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly containerStatuses: readonly { readonly restartCount: number }[] };
  }[];
}

async function ready(): Promise<void> {
  for (const kind of ['statefulsets', 'deployments'])
    for (const name of (await run.kubectl.run('get', kind, '--output=name')).trimEnd().split('\n'))
      await rolledOut(name);
}

async function rolledOut(name: string): Promise<void> {
  await run.kubectl.run('rollout', 'status', name, '--timeout=280s');
}

/** The longest time without a commit, in seconds, while something is done and for some steps afterwards. */
async function gapOf(act: () => Promise<void>): Promise<number> {
  const before = run.events.length;
  await act();
  await run.commits(20);
  return longestGap(before);
}

function longestGap(since: number): number {
  const times = run.events
    .slice(Math.max(0, since - 5))
    .filter(({ type }) => type === 'step.committed')
    .map(({ time }) => Date.parse(time));
  return Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? time))) / 1000;
}
