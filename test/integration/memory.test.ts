import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';

/** Until the engine has its arenas and the heaps have found their size. */
const WARM_UP_STEPS = 400;
const MEASURED_STEPS = 700;
const STEPS_APART = 20;
/** Else V8 collects so rarely that garbage looks like growth. */
const SMALL_HEAP = '--max-old-space-size=64';
/**
 * Of resident memory, which moves by megabytes when a heap takes or returns pages. What a step sends and receives is
 * some 120 kB: losing a half of it each step would show.
 */
const MOST_BYTES_A_STEP = 30_000;
const MOST_SPREAD_BYTES = 30e6;

interface Sample {
  readonly step: number;
  readonly numTensors: number;
  readonly workerBytes: number;
  readonly coordinatorBytes: number;
}

it('stays flat over 700 steps: the tensors in number, worker and coordinator in resident bytes', async () => {
  const iterations = (WARM_UP_STEPS + MEASURED_STEPS) / 2 + STEPS_APART;
  await using cluster = await Cluster.start({ iterations }, SMALL_HEAP);
  await cluster.joinWorker('worker');
  const numCommits = () => cluster.run.all('step.committed').length;
  const samples: Sample[] = [];
  for (let step = WARM_UP_STEPS; step < WARM_UP_STEPS + MEASURED_STEPS; step += STEPS_APART) {
    // Counted from the beginning: what passes while a sample is taken does not add up.
    await cluster.until(`step ${step} is committed`, () => numCommits() >= step);
    samples.push(await takeSample(cluster));
  }

  expect(new Set(samples.map(({ numTensors }) => numTensors)).size).toBe(1);
  const steps = samples.map(({ step }) => step);
  for (const bytes of [
    samples.map(({ workerBytes }) => workerBytes),
    samples.map(({ coordinatorBytes }) => coordinatorBytes),
  ]) {
    expect(Math.max(...bytes) - Math.min(...bytes)).toBeLessThan(MOST_SPREAD_BYTES);
    expect(slopeOf(steps, bytes)).toBeLessThan(MOST_BYTES_A_STEP);
  }
  await cluster.finish();
});

async function takeSample(cluster: Cluster): Promise<Sample> {
  const { step, workers } = await cluster.status();
  const [worker] = workers;
  if (worker === undefined) throw new Error('the worker is gone');
  const { numTensors, residentBytes: workerBytes } = worker;
  return { step, numTensors, workerBytes, coordinatorBytes: residentBytesOf(cluster.coordinator.pid) };
}

function residentBytesOf(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** Of the line that fits best by least squares. */
function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const covariance = mean(xs.map((x, i) => (x - meanX) * ((ys[i] ?? meanY) - meanY)));
  return covariance / mean(xs.map((x) => (x - meanX) ** 2));
}
