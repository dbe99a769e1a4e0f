import { join } from 'node:path';
import type { CommittedEntry } from '@atelier/shared/journal/journal-entry';
import { readJournal } from '@atelier/shared/journal/journal-reader';
import { expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { ScriptedWorker } from '../harness/scripted-worker.ts';

const NUM_IMAGES_A_STEP = 16;

async function commitsOf(folder: string): Promise<CommittedEntry[]> {
  const commits: CommittedEntry[] = [];
  for await (const entry of readJournal(join(folder, 'journal.jsonl'))) {
    if (entry.kind === 'committed') commits.push(entry);
  }
  return commits;
}

it('serves numbers that agree with the journal, the events, the status and the clock', async () => {
  await using cluster = await Cluster.start();
  expect((await cluster.metrics()).value('atelier_run_info', { run: 'faults', model: '' })).toBe(1);
  await Promise.all([cluster.joinWorker('first'), cluster.joinWorker('second')]);
  await cluster.untilCommits(30);
  await using stranger = new ScriptedWorker(cluster.address, 'stranger');
  await stranger.hello();
  await expect(stranger.pushNode(0, { level: 0, index: 0 })).rejects.toThrow('layout_hash');
  await cluster.operator.pause();
  while ((await cluster.status()).state !== 'paused');

  const beforeMs = Date.now();
  const metrics = await cluster.metrics();
  const afterMs = Date.now();
  const commits = await commitsOf(cluster.folder);
  const last = commits.at(-1);
  expect(metrics.value('atelier_run_state', { state: 'paused' })).toBe(1);
  expect(metrics.value('atelier_run_step')).toBe(commits.length);
  expect(metrics.value('atelier_run_committed_steps_total')).toBe(commits.length);
  expect(metrics.value('atelier_run_images_total')).toBe(commits.length * NUM_IMAGES_A_STEP);
  for (const [loss, value] of Object.entries(last?.losses ?? {})) {
    expect(metrics.value('atelier_run_loss', { phase: last?.phase ?? '', loss })).toBe(value);
  }
  const seconds = commits.reduce((sum, commit) => sum + commit.seconds, 0);
  expect(metrics.value('atelier_run_step_seconds_sum')).toBeCloseTo(seconds, 6);
  expect(metrics.value('atelier_events_recorded_total')).toBe(cluster.run.events.length);
  expect(metrics.value('atelier_coordinator_joined_workers_total')).toBe(2);
  expect(metrics.value('atelier_coordinator_workers', { state: 'active' })).toBe(2);
  expect(metrics.value('atelier_coordinator_workers', { state: 'joining' })).toBe(1);
  expect(metrics.value('atelier_run_info', { run: 'faults', model: '' })).toBeUndefined();
  expect(metrics.value('atelier_coordinator_refused_messages_total', { reason: 'wrong-layout' })).toBe(1);
  expect(metrics.value('atelier_coordinator_refused_messages_total', { reason: 'wrong-checksum' })).toBe(0);
  expect(metrics.value('atelier_checkpoint_step')).toBe((await cluster.status()).checkpointStep);

  const spent = metrics.value('atelier_run_goodput_seconds_total') ?? 0;
  const unsettled = metrics.value('atelier_run_goodput_unsettled_seconds') ?? 0;
  const beganMs = Date.parse(cluster.run.all('run.started')[0]?.time ?? '');
  const bornMs = (metrics.value('process_start_time_seconds') ?? 0) * 1000;
  expect(unsettled).toBe(0);
  expect(spent).toBeGreaterThan(0.98 * ((beforeMs - beganMs) / 1000));
  expect(spent).toBeLessThan(1.02 * ((afterMs - bornMs) / 1000));
  const compute = metrics.value('atelier_run_goodput_seconds_total', { state: 'compute' }) ?? 0;
  expect(compute).toBeGreaterThan(0);
  expect((await cluster.status()).goodput).toMatchObject({ compute, unsettled: 0 });
});
