import { join } from 'node:path';
import type { CommittedEntry } from '@atelier/shared/journal/journal-entry';
import { readJournal } from '@atelier/shared/journal/journal-reader';
import { expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { freeAddress } from '../harness/free-address.ts';
import { MetricsText } from '../harness/metrics-text.ts';
import { ScriptedWorker } from '../harness/scripted-worker.ts';
import { SAMPLES_EVERY } from '../harness/small-run.ts';

const NUM_IMAGES_A_STEP = 16;
/** Of a wait. Only a machine that is much too busy, or a fault, comes near it. */
const DEADLINE_MS = 120_000;
/** So many that the run outlasts the test. */
const ENDLESS = 1_000_000;

async function commitsOf(folder: string): Promise<CommittedEntry[]> {
  const commits: CommittedEntry[] = [];
  for await (const entry of readJournal(join(folder, 'journal.jsonl'))) {
    if (entry.kind === 'committed') commits.push(entry);
  }
  return commits;
}

/** What a process serves, and when it was asked. */
interface Scrape {
  readonly metrics: MetricsText;
  readonly beforeMs: number;
  readonly afterMs: number;
}

async function scrape(address: string): Promise<Scrape> {
  const beforeMs = Date.now();
  const metrics = await MetricsText.of(address);
  return { metrics, beforeMs, afterMs: Date.now() };
}

/** The seconds lie within 2% of the time since an event, and do not go back to before the process began. */
function expectAllTime(seconds: number, since: { readonly time: string } | undefined, scraped: Scrape): void {
  const { metrics, beforeMs, afterMs } = scraped;
  const bornMs = (metrics.value('process_start_time_seconds') ?? 0) * 1000;
  expect(seconds).toBeGreaterThan(0.98 * ((beforeMs - Date.parse(since?.time ?? '')) / 1000));
  expect(seconds).toBeLessThan(1.02 * ((afterMs - bornMs) / 1000));
}

it('serves numbers that agree with the journal, the events, the status and the clock', async () => {
  await using cluster = await Cluster.start({ iterations: ENDLESS });
  const { metrics: early } = await scrape(cluster.run.http ?? '');
  expect(early.value('atelier_run_info', { run: 'faults', model: '' })).toBe(1);
  const workerAddress = await freeAddress();
  await cluster.joinWorker('watched', '--metrics', workerAddress);
  await cluster.untilCommits(30);
  await using stranger = new ScriptedWorker(cluster.address, 'stranger');
  await stranger.hello();
  await expect(stranger.pushNode(0, { level: 0, index: 0 })).rejects.toThrow('layout_hash');
  await cluster.pause();
  await untilAllIsKept(cluster);
  const commits = await commitsOf(cluster.folder);
  const last = commits.at(-1);
  const numImages = commits.length * NUM_IMAGES_A_STEP;

  const scraped = await scrape(cluster.run.http ?? '');
  const { metrics } = scraped;
  expect(metrics.value('atelier_run_state', { state: 'paused' })).toBe(1);
  expect(metrics.value('atelier_run_step')).toBe(commits.length);
  expect(metrics.value('atelier_run_committed_steps_total')).toBe(commits.length);
  expect(metrics.value('atelier_run_images_total')).toBe(numImages);
  for (const [loss, value] of Object.entries(last?.losses ?? {})) {
    expect(metrics.value('atelier_run_loss', { phase: last?.phase ?? '', loss })).toBe(value);
  }
  const seconds = commits.reduce((sum, commit) => sum + commit.seconds, 0);
  expect(metrics.value('atelier_run_step_seconds_sum')).toBeCloseTo(seconds, 6);
  expect(metrics.value('atelier_events_recorded_total')).toBe(cluster.run.events.length);
  expect(metrics.value('atelier_coordinator_joined_workers_total')).toBe(1);
  expect(metrics.value('atelier_coordinator_workers', { state: 'active' })).toBe(1);
  expect(metrics.value('atelier_coordinator_workers', { state: 'joining' })).toBe(1);
  expect(metrics.value('atelier_run_info', { run: 'faults', model: '' })).toBeUndefined();
  expect(metrics.value('atelier_coordinator_refused_messages_total', { reason: 'wrong-layout' })).toBe(1);
  expect(metrics.value('atelier_coordinator_refused_messages_total', { reason: 'wrong-checksum' })).toBe(0);
  expect(metrics.value('atelier_checkpoint_step')).toBe((await cluster.status()).checkpointStep);
  const spent = metrics.value('atelier_run_goodput_seconds_total') ?? 0;
  expectAllTime(spent, cluster.run.all('run.started')[0], scraped);
  const compute = metrics.value('atelier_run_goodput_seconds_total', { state: 'compute' }) ?? 0;
  expect(compute).toBeGreaterThan(0);
  expect((await cluster.status()).goodput).toMatchObject({ compute, recompute: 0, unsettled: 0 });

  let ofWorker = await scrape(workerAddress);
  const workerValue = (name: string, labels = {}) => ofWorker.metrics.value(name, labels) ?? 0;
  const numPushes = async () => {
    ofWorker = await scrape(workerAddress);
    return workerValue('atelier_worker_pushes_total');
  };
  // The receipt of the last push may come after the pause is seen.
  await expect.poll(numPushes, { timeout: DEADLINE_MS }).toBe(commits.length);
  expect(workerValue('atelier_worker_pushes_total', { status: 'accepted' })).toBe(commits.length);
  expect(workerValue('atelier_worker_info', { worker: 'watched' })).toBe(1);
  expect(workerValue('atelier_worker_images_total')).toBe(numImages);
  expect(workerValue('atelier_worker_block_seconds_count')).toBe(commits.length);
  const numPrograms = new Set(commits.map(({ phase }) => phase)).size;
  expect(workerValue('atelier_worker_compiled_phases_total', { result: 'compiled' })).toBe(numPrograms);
  expect(workerValue('atelier_worker_compiled_phases_total', { result: 'fallback' })).toBe(0);
  expect(workerValue('atelier_worker_tensors')).toBeGreaterThan(0);
  expect(workerValue('atelier_worker_device_memory_bytes')).toBeGreaterThan(0);
  expect(workerValue('atelier_worker_sent_bytes_total')).toBe(
    metrics.value('atelier_coordinator_received_bytes_total'),
  );
  const parts = workerValue('atelier_worker_part_seconds_total');
  expectAllTime(parts, cluster.run.all('worker.joined')[0], ofWorker);
});

/** What goes on beside the steps of a run that is paused: its checkpoint is saved, its last sample drawn. */
async function untilAllIsKept(cluster: Cluster): Promise<void> {
  await cluster.operator.checkpoint();
  const { iteration } = await cluster.status();
  const wanted = Math.floor(iteration / SAMPLES_EVERY) * SAMPLES_EVERY;
  const isDrawn = () => cluster.run.all('sample.rendered').some((event) => event.iteration === wanted);
  await cluster.until('the last sample is drawn', () => wanted === 0 || isDrawn());
}

it('counts as recompute what a crash made void, as down the time between two lives, and who is not in', async () => {
  // But for the first there is no checkpoint: all is to be computed again.
  const checkpoint = { everyIterations: ENDLESS };
  await using cluster = await Cluster.start({ iterations: ENDLESS, checkpoint });
  const address = await freeAddress();
  await cluster.joinWorker('patient', '--metrics', address);
  const readiness = async () => (await fetch(`http://${address}/readyz`)).status;
  await cluster.untilCommits(38);
  expect(await readiness()).toBe(200);
  await cluster.coordinator.kill();
  await expect.poll(readiness, { timeout: DEADLINE_MS }).toBe(503);
  expect((await fetch(`http://${address}/healthz`)).status).toBe(200);
  const numCommitted = (await commitsOf(cluster.folder)).length;
  await cluster.startCoordinator();
  const hasCaughtUp = () => cluster.run.all('step.committed').some(({ step }) => step === numCommitted + 3);
  await cluster.until('all was computed again, and more', hasCaughtUp);

  const { metrics } = await scrape(cluster.run.http ?? '');
  const spent = (state: string) => metrics.value('atelier_run_goodput_seconds_total', { state });
  expect(spent('recompute')).toBeGreaterThan(0);
  expect(spent('compute')).toBeGreaterThan(0);
  expect(metrics.value('atelier_run_down_seconds')).toBeGreaterThan(0);
  expect(await readiness()).toBe(200);
  const { metrics: ofWorker } = await scrape(address);
  expect(ofWorker.value('atelier_worker_connections_total')).toBe(2);
});
