import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';

const WARM_UP_STEPS = 200;
const NUM_SAMPLES = 25;
const STEPS_BETWEEN = 20;
/** What a garbage-collected heap may drift over 500 steps; a leak of one 256 KiB buffer a step would be 125 MiB. */
const DRIFT_MIB = 12;

function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** Growth over all samples by the least-squares line through them. */
function driftOf(samples: readonly number[]): number {
  const middle = (samples.length - 1) / 2;
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const covariance = samples.reduce((sum, sample, i) => sum + (i - middle) * (sample - mean), 0);
  const variance = samples.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return (covariance / variance) * (samples.length - 1);
}

describe('after the warm-up, 500 steps', () => {
  it('leave the tensor count and the memory of worker and coordinator where they were', async () => {
    await using cluster = await Cluster.start({ iterations: 360 });
    await cluster.joinWorker('worker');
    await cluster.untilCommits(WARM_UP_STEPS);
    const tensors: number[] = [];
    const worker: number[] = [];
    const coordinator: number[] = [];
    for (let sample = 0; sample < NUM_SAMPLES; sample += 1) {
      await cluster.untilCommits(STEPS_BETWEEN);
      const [status] = (await cluster.status()).workers;
      if (status === undefined) throw new Error('the worker has gone');
      tensors.push(status.numTensors);
      worker.push(residentMib(status.pid));
      coordinator.push(residentMib(cluster.coordinator.pid));
    }
    expect(Math.max(...tensors)).toBe(Math.min(...tensors));
    expect(driftOf(worker)).toBeLessThan(DRIFT_MIB);
    expect(driftOf(coordinator)).toBeLessThan(DRIFT_MIB);
  });
});
